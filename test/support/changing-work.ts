import type { Clock } from '../../src/clock.js';
import { isEvent } from '../../src/ledger/event-registry.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import type { Outcome } from '../../src/operations/vocabulary.js';
import { RunProgressNoted } from '../../src/runs/run-events.js';
import type { Effect } from './promise-checker.js';

/** The outside that a handler changes. Both reject when no answer comes. */
export interface TargetClient {
  change(effect: Effect): Promise<void>;
  isChanged(effect: Effect): Promise<boolean>;
}

/** Mistakes that a handler can make; a history with one of them must be found out. */
export interface HandlerMistakes {
  readonly ignoresRecorded?: boolean;
  readonly ignoresIntents?: boolean;
  readonly checksNoClaim?: boolean;
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

/** How a note begins that says which item is about to be changed. */
export const INTENT = 'changing ';

/** A handler as it should be: goes on from what is recorded, and changes the target at most once an item. */
export async function workOnItems(
  run: RunHandle,
  { items, changes }: { readonly items: number; readonly changes: boolean },
  deps: WorkDependencies,
): Promise<void> {
  await run.setTotal(items);
  const intended = await intentsOf(run);
  for (let index = 0; index < items; index++) {
    const itemId = `item-${index}`;
    if (run.recorded.has(itemId) && !deps.mistakes?.ignoresRecorded) continue;
    run.signal.throwIfAborted();
    await deps.clock.sleep(deps.pauseMs(), run.signal);
    if (changes) await change(run, itemId, intended.has(itemId), deps);
    else await run.record(succeeded(itemId));
  }
}

/** Intent, claim, change, outcome; an intent without an outcome is looked up at the target first. */
async function change(
  run: RunHandle,
  itemId: string,
  intended: boolean,
  { target, changeTimeoutMs, mistakes }: WorkDependencies,
): Promise<void> {
  const effect = { runId: run.runId, itemId };
  const before = intended && !mistakes?.ignoresIntents;
  if (!intended) await run.note(INTENT + itemId);
  if (!before || !(await target.isChanged(effect))) {
    if (!mistakes?.checksNoClaim) await run.held(changeTimeoutMs);
    try {
      await target.change(effect);
    } catch {
      // No answer within the time that the request may take: whatever became of it can be seen now.
      if (!(await target.isChanged(effect)))
        return run.record({ ...succeeded(itemId), outcome: 'failed', reasonCode: 'graph_unavailable' });
    }
  }
  await run.record(succeeded(itemId));
  await run.flush();
}

/** The items that earlier attempts were about to change. */
export async function intentsOf(run: RunHandle): Promise<ReadonlySet<string>> {
  const intents = new Set<string>();
  for await (const event of run.history())
    if (isEvent(event, RunProgressNoted) && event.data.note.startsWith(INTENT))
      intents.add(event.data.note.slice(INTENT.length));
  return intents;
}

export const succeeded = (itemId: string): Outcome => ({
  itemId,
  label: itemId,
  outcome: 'succeeded',
  subject: null,
  reasonCode: null,
  reason: null,
});
