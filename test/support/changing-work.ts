import type { Clock } from '../../src/clock.js';
import type { Effect } from '../../src/operations/effect.js';
import { EffectAmbiguous } from '../../src/operations/effect.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import type { Outcome } from '../../src/operations/vocabulary.js';
import type { TargetChange } from './promise-checker.js';

/** The outside system that a handler changes. Both functions reject with a TargetError when no answer comes. */
export interface TargetClient {
  change(change: TargetChange, signal?: AbortSignal): Promise<void>;
  isChanged(change: Omit<TargetChange, 'clientRequestId'>): Promise<boolean>;
}

/** The target did not answer. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** Mistakes that a handler can make. The checker must find each of them in the log. */
export interface HandlerMistakes {
  readonly ignoresRecorded?: boolean;
  /** Answers every look-up with "not carried out", so that everything is sent again. */
  readonly looksNothingUp?: boolean;
  /** Changes the target without `run.effect`. */
  readonly bypassesEffects?: boolean;
  /** Waits between the check of its claim and its request. */
  readonly holdsRequestsBack?: boolean;
  /** A time limit for a change that is shorter than changes take, milliseconds. */
  readonly effectTimeoutMs?: number;
}

export interface WorkDependencies {
  readonly target: TargetClient;
  readonly clock: Clock;
  /** How long the handler works on an item before its change, milliseconds. */
  readonly pauseMs: () => number;
  /** The longest time from the claim check until a change reaches the target. */
  readonly changeTimeoutMs: number;
  readonly mistakes?: HandlerMistakes;
}

/** A request that is held back by mistake waits this many times longer than other pauses. */
const HELD_BACK_TIMES = 20;

/** The first item and every third one after it have two changes, of which the second builds on the first. */
const TWO_CHANGES_EVERY = 3;

/** How many changes of the target a run with this many items makes. */
export const changesOfRun = (items: number): number => items + Math.ceil(items / TWO_CHANGES_EVERY);

/** A correct handler: it continues after the recorded items and changes the target only by effects. */
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

/** The outcome of an item after its changes: one, or two of which the second builds on the first. */
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
