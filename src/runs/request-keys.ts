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

/** One keyed request in this process's hands; nobody else carries it out meanwhile. */
export interface HeldRequest {
  readonly known: KnownRequest;
  planned(operationKey: string): Promise<void>;
  answered(runId: string): Promise<void>;
  /** Nothing was started: the key is free again. */
  withdraw(): Promise<void>;
}

export interface RequestKeys {
  /**
   * Holds the key while `work` runs, in every process. Answers `busy` when another process holds it for longer
   * than a moment.
   */
  holding<Result>(
    key: RequestKey,
    bodyHash: string,
    work: (request: HeldRequest) => Promise<Result>,
  ): Promise<Result | 'busy'>;
  /** Removes what has expired. */
  removeExpired(): Promise<void>;
}
