/** A request of an API client, by the key that the client gave it. */
export interface RequestKey {
  readonly tenantId: string;
  readonly clientId: string;
  readonly key: string;
}

/** What is known of a keyed request. */
export interface KnownRequest {
  readonly bodyHash: string;
  /** Differs from request to request, also of those that use a key again after it has expired. */
  readonly since: string;
  readonly createdAt: Date;
  readonly operationKey: string | null;
  readonly runId: string | null;
}

/** The key was held for too long without a word, and is another process's now. */
export class RequestKeyLostError extends Error {
  override readonly name = 'RequestKeyLostError';
  constructor({ key }: RequestKey) {
    super(`the request “${key}” is carried out by another process by now`);
  }
}

/** One keyed request in this process's hands; nobody else carries it out meanwhile, for a time. */
export interface HeldRequest {
  readonly known: KnownRequest;
  /** Holds the key for its full time once more. Errors: RequestKeyLostError, after which nothing may be started. */
  planned(operationKey: string): Promise<void>;
  answered(runId: string): Promise<void>;
  /** Nothing was started: the key is free again. */
  withdraw(): Promise<void>;
}

export interface RequestKeys {
  /**
   * Holds the key for `work`, in every process. Answers `busy` when another process holds it for longer than a
   * moment. Errors: those of `work` and of the database.
   */
  holding<Result>(
    key: RequestKey,
    bodyHash: string,
    work: (request: HeldRequest) => Promise<Result>,
  ): Promise<Result | 'busy'>;
  /** Removes what has expired. */
  removeExpired(): Promise<void>;
}
