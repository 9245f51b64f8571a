import type { Clock } from '../../src/clock.js';
import type { Effect } from '../../src/operations/effect.js';
import { EffectAmbiguous } from '../../src/operations/effect.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import type { Outcome } from '../../src/operations/vocabulary.js';
import type { TargetChange } from './promise-checker.js';

/** The outside that a handler changes. Both reject with a TargetError when no answer comes. */
export interface TargetClient {
  change(change: TargetChange, signal?: AbortSignal): Promise<void>;
  isChanged(change: Omit<TargetChange, 'clientRequestId'>): Promise<boolean>;
}

/** The target did not answer. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** Mistakes that a handler can make; a history with one of them must be found out. */
export interface HandlerMistakes {
  readonly ignoresRecorded?: boolean;
  /** Answers every look-up with "not carried out", so that everything is sent again. */
  readonly looksNothingUp?: boolean;
  /** Changes the target without `run.effect`. */
  readonly bypassesEffects?: boolean;
  /** Waits between the check of its claim and its request. */
  readonly holdsRequestsBack?: boolean;
  /** Says that a change takes so many milliseconds at most, which is too few. */
  readonly effectTimeoutMs?: number;
}

export interface WorkDependencies {
  readonly target: TargetClient;
  readonly clock: Clock;
  /** How long an item takes before its change, milliseconds. */
  readonly pauseMs: () => number;
  /** Longest a change may take from the claim check to its arrival at the target. */
  readonly changeTimeoutMs: number;
  readonly mistakes?: HandlerMistakes;
}

/** How much longer than other pauses a request is held back by mistake. */
const HELD_BACK_TIMES = 20;

/** Every so many items, from the first, take two changes that build on each other. */
const TWO_CHANGES_EVERY = 3;

/** How often a run of so many items changes the target. */
export const changesOfRun = (items: number): number => items + Math.ceil(items / TWO_CHANGES_EVERY);

/** A handler as it should be: goes on from what is recorded, and changes the target by effects alone. */
export async function workOnItems(
  run: RunHandle,
  { items, changes }: { readonly items: number; readonly changes: boolean },
  deps: WorkDependencies,
): Promise<void> {
  await run.setTotal(items);
  for (let index = 0; index < items; index++) {
    const itemId = `item-${index}`;
    if (run.recorded.has(itemId) && !deps.mistakes?.ignoresRecorded) continue;
    run.signal.throwIfAborted();
    await deps.clock.sleep(deps.pauseMs(), run.signal);
    await run.record(changes ? await changed(run, itemId, index, deps) : succeeded(itemId));
  }
}

/** An item's outcome after its changes: one, or two that build on each other. */
async function changed(
  run: RunHandle,
  itemId: string,
  index: number,
  deps: WorkDependencies,
): Promise<Outcome> {
  const actions = index % TWO_CHANGES_EVERY === 0 ? ['create', 'assign'] : ['create'];
  try {
    for (const action of actions) await change(run, itemId, action, deps);
    return succeeded(itemId);
  } catch (error) {
    if (error instanceof TargetError) return { ...succeeded(itemId), ...failed('graph_unavailable') };
    if (error instanceof EffectAmbiguous) return { ...succeeded(itemId), ...failed('outcome_unknown') };
    throw error;
  }
}

async function change(
  run: RunHandle,
  itemId: string,
  action: string,
  { target, clock, pauseMs, changeTimeoutMs, mistakes }: WorkDependencies,
): Promise<void> {
  const what = { runId: run.runId, itemId, action };
  const effect: Effect<{ changed: string }> = {
    itemId,
    intent: { action },
    timeoutMs: mistakes?.effectTimeoutMs ?? changeTimeoutMs,
    async send({ clientRequestId, signal }) {
      if (mistakes?.holdsRequestsBack) await clock.sleep(pauseMs() * HELD_BACK_TIMES);
      await target.change({ ...what, clientRequestId }, signal);
      return { changed: itemId };
    },
    async lookUp() {
      const isChanged = !mistakes?.looksNothingUp && (await target.isChanged(what));
      return isChanged ? { found: 'applied', result: { changed: itemId } } : { found: 'not_applied' };
    },
  };
  if (mistakes?.bypassesEffects) await target.change({ ...what, clientRequestId: undefined });
  else await run.effect(effect);
}

const failed = (reasonCode: 'graph_unavailable' | 'outcome_unknown') =>
  ({ outcome: 'failed', reasonCode }) as const;

export const succeeded = (itemId: string): Outcome => ({
  itemId,
  label: itemId,
  outcome: 'succeeded',
  subject: null,
  reasonCode: null,
  reason: null,
});
