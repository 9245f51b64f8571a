/** One request as the target saw it: what a fault checker compares with the ledger. */
export interface LoggedRequest {
  /** Counts from 1 in order of arrival. */
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
  /** Whether the tenant's state was changed, also when the answer never went out. */
  readonly applied: boolean;
}

const REQUESTS_KEPT_MAX = 100_000;

export interface RequestLog {
  add(request: Omit<LoggedRequest, 'sequence'>): void;
  /** The requests after that sequence number, oldest first; the oldest are forgotten beyond a limit. */
  after(sequence: number): readonly LoggedRequest[];
  clear(): void;
}

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
