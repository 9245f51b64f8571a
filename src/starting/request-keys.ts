/** The key that an API client gave its request. */
export interface RequestKey {
  readonly tenantId: string;
  readonly clientId: string;
  readonly key: string;
}

/** What is stored about a request with a key. */
export interface KnownRequest {
  readonly bodyHash: string;
  /** Different for every request, also when a client uses a key again after it expired. */
  readonly since: string;
  readonly createdAt: Date;
  readonly operationKey: string | null;
  readonly runId: string | null;
}

/** This process held the key for too long, and another process has taken it. */
export class RequestKeyLostError extends Error {
  override readonly name = 'RequestKeyLostError';
  constructor({ key }: RequestKey) {
    super(`the request “${key}” is carried out by another process by now`);
  }
}

/** A request with a key that this process holds. For a limited time no other process carries it out. */
export interface HeldRequest {
  readonly known: KnownRequest;
  /**
   * Notes the operation and holds the key for its full time again. Errors: RequestKeyLostError; nothing may be
   * started then.
   */
  planned(operationKey: string): Promise<void>;
  answered(runId: string): Promise<void>;
  /** Reports that nothing was started, which frees the key. */
  withdraw(): Promise<void>;
}

export interface RequestKeys {
  /**
   * Holds the key during `work`, against all other processes. Returns `busy` when another process doesn't free it
   * within a moment. Errors: those of `work` and of the database.
   */
  holding<Result>(
    key: RequestKey,
    bodyHash: string,
    work: (request: HeldRequest) => Promise<Result>,
  ): Promise<Result | 'busy'>;
  /** Removes expired keys. */
  removeExpired(): Promise<void>;
}
