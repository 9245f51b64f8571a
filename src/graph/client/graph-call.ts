import type { Chance, Clock } from '../../clock.js';
import type { LimitName } from '../request-limits.js';
import type { GraphReasonCode } from './graph-error.js';
import type { TenantTraffic } from './tenant-traffic.js';
import type { TokenSource } from './token-source.js';
import type { WaitBudget } from './wait-budget.js';

/** What a caller is told while a call waits. */
export interface GraphWaiting {
  readonly reasonCode: Extract<
    GraphReasonCode,
    'graph_throttled' | 'graph_unavailable' | 'storage_unavailable'
  >;
  readonly status: number | null;
  /** Wall clock, milliseconds since 1970. */
  readonly untilMs: number;
  readonly waitMs: number;
  readonly path: string;
  /** The limit that the call keeps to by waiting, or null where Graph or something else made it wait. */
  readonly limit: LimitName | null;
}

/** What a caller gives with a call; everything is optional. */
export interface GraphCall {
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called once for each wait, before it begins. */
  readonly onWaiting?: ((waiting: GraphWaiting) => void) | undefined;
  /** Shared between calls to bound them together; left out, each call has `limits.waitBudgetMs`. */
  readonly waitBudget?: WaitBudget | undefined;
  /** Sent as `client-request-id` with each request of the call; left out, each request has one of its own. */
  readonly clientRequestId?: string | undefined;
  /** Runs right before each request of a write leaves; what it throws stops the request. */
  readonly beforeWrite?: (() => void | Promise<void>) | undefined;
}

export interface GraphClientLimits {
  /** From the first byte sent to the last received, of one request. */
  readonly requestTimeoutMs: number;
  /** After decompression. */
  readonly responseBytesMax: number;
  /** Requests in all for a call that meets broken connections and server errors. */
  readonly attemptsMax: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Longest total wait of a call that brings no budget of its own. */
  readonly waitBudgetMs: number;
  readonly pagesMax: number;
  /** Batches under way at once while policies are read. */
  readonly batchesAtOnceMax: number;
  /** Longest that reading one policy may take, not counting waits for Graph's limits. */
  readonly policyTimeMs: number;
}

export const GRAPH_CLIENT_LIMITS: GraphClientLimits = Object.freeze({
  requestTimeoutMs: 60_000,
  responseBytesMax: 64 * 1024 * 1024,
  attemptsMax: 6,
  backoffBaseMs: 500,
  backoffMaxMs: 30_000,
  waitBudgetMs: 15 * 60_000,
  pagesMax: 10_000,
  batchesAtOnceMax: 4,
  policyTimeMs: 5 * 60_000,
});

export interface GraphClientOptions {
  /** Such as `https://graph.microsoft.com`; what follows it in a path stays (a simulated tenant's prefix). */
  readonly baseUrl: string;
  readonly token: TokenSource;
  /** Used for every request, for example to go through a proxy; the global `fetch` unless given. */
  readonly fetch?: typeof fetch;
  /** Shared by all clients of one app in one tenant; left out, the client has one of its own. */
  readonly traffic?: TenantTraffic;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits?: Partial<GraphClientLimits>;
  /** Refuses every write before it reaches a socket, as a dry run needs. */
  readonly readOnly?: boolean;
}

/** What the parts of the client share. */
export interface ClientParts {
  readonly options: GraphClientOptions;
  readonly limits: GraphClientLimits;
  /** Base URL, API version and a slash. */
  readonly root: URL;
  readonly traffic: TenantTraffic;
}
