import { attempt, type GraphAnswer, type GraphRequestSpec, shownPath } from './attempt.js';
import type { ClientParts, GraphCall } from './graph-call.js';
import { GraphError } from './graph-error.js';
import { createWaitBudget } from './wait-budget.js';

/** What a throttled request waits at least, so that `Retry-After: 0` can't become a tight loop. */
const THROTTLE_WAIT_MIN_MS = 1000;
const THROTTLE_BACKOFF_BASE_MS = 2000;
const THROTTLE_BACKOFF_MAX_MS = 60_000;

/** A call with a budget for waiting, whether or not the caller brought one. */
export type BudgetedCall = GraphCall & { readonly waitBudget: NonNullable<GraphCall['waitBudget']> };

export function budgeted(parts: ClientParts, call: GraphCall): BudgetedCall {
  return { ...call, waitBudget: call.waitBudget ?? createWaitBudget(parts.limits.waitBudgetMs) };
}

/**
 * Sends a request until it is answered: waits out throttling within the call's budget, tries broken
 * connections and server errors again with a growing, jittered pause, and renews a refused token once. A write
 * is sent again only where Graph says that it didn't take it. Errors: GraphError, or the signal's reason.
 */
export async function request(
  parts: ClientParts,
  call: BudgetedCall,
  spec: GraphRequestSpec,
): Promise<GraphAnswer> {
  refuseWrite(parts, spec);
  let afterRefusal = false;
  for (let failures = 0; ; ) {
    await passGate(parts, call, spec);
    const token = await accessToken(parts, spec, afterRefusal);
    if (!spec.reads) await call.beforeWrite?.();
    try {
      return await attempt(parts, call, spec, token);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (error.status === 401 && !afterRefusal) {
        afterRefusal = true;
        continue;
      }
      failures += 1;
      await waitOut(parts, call, error, { failures, reads: spec.reads });
    }
  }
}

/** The wall of a dry run. Errors: GraphError `read_only`, before any token is fetched or socket opened. */
function refuseWrite(parts: ClientParts, spec: GraphRequestSpec): void {
  if (!parts.options.readOnly || spec.reads) return;
  throw new GraphError({ problem: 'read_only', method: spec.method, path: shownPath(parts, spec.url) });
}

async function accessToken(
  parts: ClientParts,
  spec: GraphRequestSpec,
  afterRefusal: boolean,
): Promise<string> {
  try {
    return await parts.options.token({ afterRefusal });
  } catch {
    throw new GraphError({ problem: 'token', method: spec.method, path: shownPath(parts, spec.url) });
  }
}

/** Another call of this client was throttled; the budget is the tenant's, so this one waits as well. */
async function passGate(parts: ClientParts, call: BudgetedCall, spec: GraphRequestSpec): Promise<void> {
  const { clock } = parts.options;
  const untilMs = parts.gate.throttledUntilMs;
  const nowMs = clock.monotonicMs();
  if (untilMs <= nowMs) return;
  const path = shownPath(parts, spec.url);
  const error = new GraphError({ problem: 'status', status: 429, method: spec.method, path });
  await wait(parts, call, error, untilMs - nowMs);
}

/**
 * Waits as a failure asks for before it may be tried again. Errors: that failure, where it may not be or where
 * the budget doesn't suffice; the signal's reason.
 */
export async function waitOut(
  parts: ClientParts,
  call: BudgetedCall,
  error: GraphError,
  so: { readonly failures: number; readonly reads: boolean },
): Promise<void> {
  if (error.reasonCode === 'graph_throttled') {
    const waitMs =
      error.retryAfterMs ?? backoffMs(parts, so.failures, THROTTLE_BACKOFF_BASE_MS, THROTTLE_BACKOFF_MAX_MS);
    const heldMs = Math.max(waitMs, THROTTLE_WAIT_MIN_MS);
    const untilMs = parts.options.clock.monotonicMs() + heldMs;
    await wait(parts, call, error, heldMs, () => {
      parts.gate.throttledUntilMs = Math.max(parts.gate.throttledUntilMs, untilMs);
    });
    return;
  }
  const asked = error.status === 503 && error.retryAfterMs !== null;
  if (!isTransient(error) || so.failures >= parts.limits.attemptsMax || !(so.reads || asked)) throw error;
  const { backoffBaseMs, backoffMaxMs } = parts.limits;
  const waitMs = backoffMs(parts, so.failures, backoffBaseMs, backoffMaxMs);
  await wait(parts, call, error, Math.max(waitMs, error.retryAfterMs ?? 0));
}

const TRANSIENT_STATUS = new Set([408, 500, 502, 503, 504, 509]);

/** Whether the same request may well succeed a little later. */
export function isTransient(error: GraphError): boolean {
  if (error.problem === 'status') return TRANSIENT_STATUS.has(error.status ?? 0);
  return ['network', 'timeout', 'malformed_answer', 'wrong_content_type'].includes(error.problem);
}

/** Between half and all of a pause that doubles from failure to failure. */
function backoffMs(parts: ClientParts, failures: number, baseMs: number, maxMs: number): number {
  const fullMs = Math.min(maxMs, baseMs * 2 ** (failures - 1));
  return fullMs * (0.5 + parts.options.chance.fraction() / 2);
}

async function wait(
  parts: ClientParts,
  call: BudgetedCall,
  error: GraphError,
  waitMs: number,
  onBegin: () => void = () => {},
): Promise<void> {
  const { clock } = parts.options;
  const nowMs = clock.monotonicMs();
  const paid = call.waitBudget.pay(nowMs, nowMs + waitMs);
  if (paid === 'refused') throw error;
  onBegin();
  if (paid === 'paid')
    call.onWaiting?.({
      reasonCode: error.reasonCode === 'graph_throttled' ? 'graph_throttled' : 'graph_unavailable',
      status: error.status,
      untilMs: Math.ceil(clock.now() + waitMs),
      waitMs: Math.ceil(waitMs),
      path: error.path,
    });
  await clock.sleep(waitMs, call.signal);
  call.signal?.throwIfAborted();
}
