import type { Chance, Clock } from '../../clock.js';
import type { LimitName } from '../request-limits.js';
import type { GraphReasonCode } from './graph-error.js';
import type { TenantTraffic } from './tenant-traffic.js';
import type { TokenSource } from './token-source.js';
import type { WaitBudget } from './wait-budget.js';

/** Passed to a caller when its call has to wait. */
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
  /** The limit that makes the call wait, or null when Graph or something else makes it wait. */
  readonly limit: LimitName | null;
  /** Whose answer is waited for. */
  readonly service: 'Graph' | 'Entra';
}

/** Options of a call. */
export interface GraphCall {
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called once for each wait, before it begins. */
  readonly onWaiting?: ((waiting: GraphWaiting) => void) | undefined;
  /** Shared between calls to bound their total wait; by default each call has `limits.waitBudgetMs`. */
  readonly waitBudget?: WaitBudget | undefined;
  /** Sent as `client-request-id` with each request of the call; by default each request has its own id. */
  readonly clientRequestId?: string | undefined;
  /** The version that a write expects, sent as `If-Match`; Graph answers 412 for another one. */
  readonly ifMatch?: string | undefined;
  /** Called right before each request of a write is sent; an error that it throws prevents the request. */
  readonly beforeWrite?: (() => void | Promise<void>) | undefined;
}

export interface GraphClientLimits {
  /** Time limit of one request, from the first byte sent to the last byte received. */
  readonly requestTimeoutMs: number;
  /** Largest body after decompression. */
  readonly responseBytesMax: number;
  /** Most requests of a call that meets broken connections and server errors. */
  readonly attemptsMax: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Longest total wait of a call without a budget of its own. */
  readonly waitBudgetMs: number;
  readonly pagesMax: number;
  /** Batches under way at once while policies are read. */
  readonly batchesAtOnceMax: number;
  /** Longest time for reading one policy, without waits for Graph's limits. */
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
  batchesAtOnceMax: 5,
  policyTimeMs: 5 * 60_000,
});

export interface GraphClientOptions {
  /** Such as `https://graph.microsoft.com`. A path in it, such as the prefix of a simulated tenant, is kept. */
  readonly baseUrl: string;
  readonly token: TokenSource;
  /** Used for every request, for example to go through a proxy; the global `fetch` by default. */
  readonly fetch?: typeof fetch;
  /** Shared by all clients of one app in one tenant; by default the client has its own. */
  readonly traffic?: TenantTraffic;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits?: Partial<GraphClientLimits>;
  /** Refuses every write before it reaches a socket, as a dry run needs. */
  readonly readOnly?: boolean;
}

/** Shared by the parts of the client. */
export interface ClientParts {
  readonly options: GraphClientOptions;
  readonly limits: GraphClientLimits;
  /** Base URL, API version and a slash. */
  readonly root: URL;
  readonly traffic: TenantTraffic;
}
