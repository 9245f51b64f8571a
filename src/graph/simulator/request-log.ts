/** One request as the target saw it. Fault tests compare it with the ledger. */
export interface LoggedRequest {
  /** Sequence number from 1 in order of arrival. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly tenant: string;
  readonly method: string;
  /** Path and query below the API version. */
  readonly path: string;
  /** 0 when no answer was sent: the connection was cut or the request hangs. */
  readonly status: number;
  readonly requestId: string;
  readonly clientRequestId: string;
  /** The request id of the `$batch` that carried it, or null. */
  readonly batch: string | null;
  /** SHA-256 of the body as JSON, in hex digits; null without a body. */
  readonly bodyHash: string | null;
  /** Whether the request changed the tenant's state, also when no answer was sent. */
  readonly applied: boolean;
}

const REQUESTS_KEPT_MAX = 100_000;

export interface RequestLog {
  add(request: Omit<LoggedRequest, 'sequence'>): void;
  /** The requests after this sequence number, oldest first; beyond a limit the oldest ones are removed. */
  after(sequence: number): readonly LoggedRequest[];
  clear(): void;
}

/** Keeps the newest requests, with growing numbers. */
export function createRequestLog(): RequestLog {
  let requests: LoggedRequest[] = [];
  let sequence = 0;
  return {
    add(request) {
      sequence += 1;
      requests.push({ sequence, ...request });
      if (requests.length > REQUESTS_KEPT_MAX * 2) requests = requests.slice(-REQUESTS_KEPT_MAX);
    },
    after: (since) => requests.filter((request) => request.sequence > since).slice(-REQUESTS_KEPT_MAX),
    clear: () => {
      requests = [];
    },
  };
}
