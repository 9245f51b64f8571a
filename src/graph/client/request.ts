import { backoffMs } from '../../timing/backoff.js';
import { type LimitName, limitOf } from '../request-limits.js';
import { attempt, type GraphRequestSpec, type GraphResponse, shownPath } from './attempt.js';
import type { ClientParts, GraphCall, GraphWaiting } from './graph-call.js';
import { GraphError, type GraphProblem } from './graph-error.js';
import type { Admission } from './request-budget.js';
import { CredentialStoreAway, type TokenRequest } from './token-source.js';
import { createWaitBudget } from './wait-budget.js';

/** Shortest wait after a 429, so that `Retry-After: 0` doesn't cause a tight loop. */
const THROTTLE_WAIT_MIN_MS = 1000;
const THROTTLE_BACKOFF_BASE_MS = 2000;
const THROTTLE_BACKOFF_MAX_MS = 60_000;

/** A call that has a wait budget, from the caller or a new one. */
export type BudgetedCall = GraphCall & {
  readonly waitBudget: NonNullable<GraphCall['waitBudget']>;
  /** End of the last reported wait for a limit. */
  readonly reported: { untilMs: number };
  /** Called with the length of every pause before it begins, milliseconds. */
  readonly onPause?: (ms: number) => void;
};

/** The call with a budget of its own for waiting, unless it shares another one's. */
export function budgeted(parts: ClientParts, call: GraphCall): BudgetedCall {
  const waitBudget = call.waitBudget ?? createWaitBudget(parts.limits.waitBudgetMs);
  return { ...call, waitBudget, reported: { untilMs: Number.NEGATIVE_INFINITY } };
}

/** The token of one call, which is renewed when Graph refuses it. */
export interface CallToken {
  current: string;
  refused: Pick<TokenRequest, 'refused' | 'claims'> | null;
  renewals: number;
}

/** The token of a call that hasn't asked for one yet. */
export const newCallToken = (): CallToken => ({ current: '', refused: null, renewals: 0 });

/** Renewals within one call, for directories in which tokens are revoked several times while it waits. */
const RENEWALS_MAX = 3;

/**
 * Notes that Graph refused the call's token, and returns whether another one may be asked for: once, and again where
 * Graph refused a newer token with a claims challenge, as it does after a revocation.
 */
export function renewsAfter(token: CallToken, { status, claims }: GraphError): boolean {
  if (status !== 401) return false;
  const isRevoked = claims !== null && token.current !== token.refused?.refused;
  if (token.renewals > 0 && !(isRevoked && token.renewals < RENEWALS_MAX)) return false;
  token.refused = { refused: token.current, claims };
  token.renewals += 1;
  return true;
}

/** How often a request failed, and how often Graph asked for a wait. Waits don't count as failures. */
export interface RetryCounts {
  failures: number;
  waits: number;
}

/**
 * Sends a request until it is answered: waits within the call's budget when Graph throttles, retries broken
 * connections and server errors after a growing pause with jitter, and renews a refused token. A write is sent
 * again only after an answer that proves that it was not carried out (429, 401). Errors: GraphError, or the signal's
 * reason.
 */
export async function request(
  parts: ClientParts,
  call: BudgetedCall,
  spec: GraphRequestSpec,
  token: CallToken = newCallToken(),
): Promise<GraphResponse> {
  refuseWrite(parts, spec);
  const retries: RetryCounts = { failures: 0, waits: 0 };
  for (;;) {
    token.current = await accessToken(parts, call, spec, token);
    const admitted = await admit(parts, call, spec);
    try {
      if (!spec.reads) await call.beforeWrite?.();
      return await attempt(parts, call, spec, token.current);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (renewsAfter(token, error)) continue;
      const asksToWait = error.status === 429 || (error.status === 503 && spec.reads);
      const pauseMs = pauseAfter(parts, error, retries, { asksToWait, reads: spec.reads });
      if (pauseMs === null) throw error;
      admitted.answered();
      await waitOut(parts, call, { error, pauseMs, limit: limitsOf(parts, spec)[0]?.limit ?? null });
    } finally {
      admitted.answered();
    }
  }
}

/** The limits that a request counts for, each with the number of requests. */
function limitsOf(parts: ClientParts, { method, url, batchPaths }: GraphRequestSpec) {
  const paths = batchPaths ?? [shownPath(parts, url)];
  const counts = new Map<LimitName | null, number>();
  for (const path of paths) {
    const limit = limitOf(batchPaths ? 'GET' : method, path);
    counts.set(limit, (counts.get(limit) ?? 0) + 1);
  }
  return [...counts].map(([limit, count]) => ({ limit, count }));
}

/**
 * Waits until Graph's limits have room for a request, and while its service throttles this tenant, also when
 * another call was refused. `answered` may be called twice. Errors: as `passGate`.
 */
async function admit(
  parts: ClientParts,
  call: BudgetedCall,
  spec: GraphRequestSpec,
): Promise<Pick<Admission, 'answered'>> {
  const { clock } = parts.options;
  const wanted = limitsOf(parts, spec);
  for (;;) {
    for (const { limit } of wanted) await passGate(parts, call, limit, () => throttledMeanwhile(parts, spec));
    const admissions: Admission[] = [];
    try {
      for (const { limit, count } of wanted) admissions.push(await admitted(parts, call, spec, limit, count));
    } catch (error) {
      for (const { unsent } of admissions) unsent();
      throw error;
    }
    const isThrottled = wanted.some(({ limit }) => parts.traffic.gateOf(limit).isClosed(clock.monotonicMs()));
    if (!isThrottled)
      return {
        answered() {
          for (const { answered } of admissions.splice(0)) answered();
        },
      };
    for (const { unsent } of admissions) unsent();
  }
}

/** Shorter waits for a limit are not reported to the caller. */
const REPORTED_WAIT_MIN_MS = 1000;

function admitted(
  parts: ClientParts,
  call: BudgetedCall,
  spec: GraphRequestSpec,
  limit: LimitName | null,
  count: number,
): Promise<Admission> {
  const { clock } = parts.options;
  const onWaiting = (untilMs: number) => {
    const nowMs = clock.monotonicMs();
    const waitMs = Math.ceil(untilMs - nowMs);
    call.onPause?.(waitMs);
    if (waitMs < REPORTED_WAIT_MIN_MS || nowMs < call.reported.untilMs) return;
    call.reported.untilMs = untilMs;
    call.onWaiting?.({
      reasonCode: 'graph_throttled',
      status: null,
      untilMs: Math.ceil(clock.now() + waitMs),
      waitMs,
      path: shownPath(parts, spec.url),
      limit,
      service: 'Graph',
    });
  };
  return parts.traffic.admit(limit, count, { signal: call.signal, onWaiting });
}

/**
 * Refuses writes of a read-only client. Errors: GraphError `read_only`, before a token is fetched or a socket opened.
 */
function refuseWrite(parts: ClientParts, spec: GraphRequestSpec): void {
  if (!parts.options.readOnly || spec.reads) return;
  throw new GraphError({ problem: 'read_only', method: spec.method, path: shownPath(parts, spec.url) });
}

/**
 * The token to send. Waits while the credential can't be read or Entra doesn't answer. Errors: GraphError; the
 * signal's reason.
 */
async function accessToken(
  parts: ClientParts,
  call: BudgetedCall,
  spec: GraphRequestSpec,
  { refused }: CallToken,
): Promise<string> {
  const { method } = spec;
  const path = shownPath(parts, spec.url);
  const wanted = { refused: null, claims: null, ...refused, signal: call.signal };
  const retries: RetryCounts = { failures: 0, waits: 0 };
  for (let failures = 1; ; failures++) {
    try {
      return await parts.options.token(wanted);
    } catch (error) {
      call.signal?.throwIfAborted();
      if (error instanceof GraphError) {
        // An answer says that Entra is there and has trouble for a while.
        const asksToWait = error.problem === 'sign_in_unavailable' && error.status !== null;
        const pauseMs = pauseAfter(parts, error, retries, { asksToWait, reads: true });
        if (pauseMs === null) throw error;
        await wait(parts, call, error, pauseMs);
        continue;
      }
      if (!(error instanceof CredentialStoreAway)) throw new GraphError({ problem: 'token', method, path });
      const away = new GraphError({ problem: 'credential_store_away', method, path });
      await wait(parts, call, away, backoffAfter(parts, failures));
    }
  }
}

/**
 * Waits while a service throttles this tenant, also when another call was refused. Errors: as `wait`, with
 * `cause`.
 */
async function passGate(
  parts: ClientParts,
  call: BudgetedCall,
  limit: LimitName | null,
  cause: () => GraphError,
): Promise<void> {
  const { clock } = parts.options;
  const gate = parts.traffic.gateOf(limit);
  while (gate.isClosed(clock.monotonicMs())) {
    const nowMs = clock.monotonicMs();
    await wait(parts, call, cause(), gate.turn(nowMs) - nowMs);
  }
}

/** The error of a request that was not sent because another request was throttled. */
function throttledMeanwhile(parts: ClientParts, { method, url }: GraphRequestSpec): GraphError {
  return new GraphError({ problem: 'status', status: 429, method, path: shownPath(parts, url) });
}

/** The pause before the next attempt, which is counted in `retries`; null when there is no further attempt. */
export function pauseAfter(
  parts: ClientParts,
  error: GraphError,
  retries: RetryCounts,
  { asksToWait, reads }: { readonly asksToWait: boolean; readonly reads: boolean },
): number | null {
  const askedMs = error.retryAfterMs;
  if (asksToWait) {
    retries.waits += 1;
    const ownMs = backoffAfter(parts, retries.waits, THROTTLE_BACKOFF_BASE_MS, THROTTLE_BACKOFF_MAX_MS);
    return Math.max(askedMs ?? ownMs, THROTTLE_WAIT_MIN_MS);
  }
  retries.failures += 1;
  if (!reads || !isTransient(error) || retries.failures >= parts.limits.attemptsMax) return null;
  return Math.max(backoffAfter(parts, retries.failures), askedMs ?? 0);
}

/**
 * Waits before a request is sent again; after a 429 all requests of the tenant to that service wait. Errors:
 * `error` itself when the budget is too small; the signal's reason.
 */
export async function waitOut(
  parts: ClientParts,
  call: BudgetedCall,
  {
    error,
    pauseMs,
    limit,
  }: { readonly error: GraphError; readonly pauseMs: number; readonly limit: LimitName | null },
): Promise<void> {
  if (error.status !== 429) return wait(parts, call, error, pauseMs);
  const nowMs = parts.options.clock.monotonicMs();
  if (!call.waitBudget.affords(nowMs, nowMs + pauseMs)) throw error;
  parts.traffic.gateOf(limit).close(nowMs + pauseMs);
  await passGate(parts, call, limit, () => error);
}

const TRANSIENT_STATUS = new Set([408, 500, 502, 503, 504, 509]);

const TRANSIENT_PROBLEMS: ReadonlySet<GraphProblem> = new Set([
  'network',
  'timeout',
  'malformed_answer',
  'wrong_content_type',
  'sign_in_unavailable',
  'sign_in_unreadable',
]);

/** Whether the same request may succeed a little later. */
function isTransient(error: GraphError): boolean {
  if (error.problem === 'status') return TRANSIENT_STATUS.has(error.status ?? 0);
  return TRANSIENT_PROBLEMS.has(error.problem);
}

/** The wait after a failure; `failures` counts it and those directly before it. */
function backoffAfter(
  { limits, options }: ClientParts,
  failures: number,
  firstMs = limits.backoffBaseMs,
  longestMs = limits.backoffMaxMs,
): number {
  return backoffMs({ firstMs, longestMs }, failures - 1, options.chance);
}

async function wait(
  parts: ClientParts,
  call: BudgetedCall,
  error: GraphError,
  waitMs: number,
): Promise<void> {
  const { clock } = parts.options;
  const nowMs = clock.monotonicMs();
  const spent = call.waitBudget.spend(nowMs, nowMs + waitMs);
  if (spent === 'refused') throw error;
  if (spent === 'spent')
    call.onWaiting?.({
      reasonCode: waitingFor(error),
      status: error.status,
      untilMs: Math.ceil(clock.now() + waitMs),
      waitMs: Math.ceil(waitMs),
      path: error.path,
      limit: null,
      service: isOfSignIn(error) ? 'Entra' : 'Graph',
    });
  call.onPause?.(waitMs);
  await clock.sleep(Math.ceil(waitMs), call.signal);
  call.signal?.throwIfAborted();
}

const isOfSignIn = ({ problem }: GraphError): boolean =>
  problem === 'sign_in_unavailable' || problem === 'sign_in_unreadable';

function waitingFor({ reasonCode }: GraphError): GraphWaiting['reasonCode'] {
  return reasonCode === 'graph_throttled' || reasonCode === 'storage_unavailable'
    ? reasonCode
    : 'graph_unavailable';
}
