import { z } from 'zod';
import type { Clock } from '../../src/clock.js';
import {
  defineOperation,
  type OperationDefinition,
  RunFailure,
  type RunHandle,
} from '../../src/operations/define.js';
import type { ItemOutcome } from '../../src/runs/run-events.js';
import type { Effect } from '../support/promise-checker.js';
import type { SeededChance } from '../support/seeded-chance.js';
import type { SimulatedProcess } from './simulated-process.js';

export const WORK_TYPE = 'sim.work';
/** Longest a change of the target may take from its claim check to its arrival. */
const CHANGE_TIMEOUT_MS = 3_000;
const CHANGE_LATE_MAX_MS = 2_900;
const BUDGET_MS = 90_000;
const INTENT = 'changing ';

/** The outside: it does what it is told, and keeps its own log. */
export class SimulatedTarget {
  readonly effects: Effect[] = [];

  connect(process: SimulatedProcess): TargetClient {
    const ask = <T>(what: string, work: () => T) =>
      process.call({
        what,
        work,
        timeoutMs: CHANGE_TIMEOUT_MS,
        lateMs: CHANGE_LATE_MAX_MS,
        mayDouble: false,
        unanswered: (why) => new Error(`the target ${why}`),
      });
    return {
      change: (effect) => ask(`change ${effect.itemId}`, () => void this.effects.push(effect)),
      isChanged: (effect) =>
        ask(`look at ${effect.itemId}`, () =>
          this.effects.some(({ runId, itemId }) => runId === effect.runId && itemId === effect.itemId),
        ),
    };
  }
}

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

const contextSchema = z.object({
  items: z.int(),
  changes: z.boolean(),
  mood: z.enum(['well', 'fails', 'hangs', 'floods', 'unstorable']),
});
type Context = z.infer<typeof contextSchema>;

/** An operation type whose runs record items, change the target, and sometimes behave badly. */
export function defineSimulatedWork(deps: {
  readonly target: TargetClient;
  readonly clock: Clock;
  readonly chance: SeededChance;
  readonly mistakes: HandlerMistakes;
}): OperationDefinition {
  return defineOperation({
    type: WORK_TYPE,
    label: 'Work',
    description: 'Works on items.',
    itemisedBy: 'item',
    input: z.object({ key: z.string(), context: contextSchema }),
    context: contextSchema,
    budgetMs: BUDGET_MS,
    attemptLimit: 2,
    plan: async ({ key, context }) => ({
      plan: { scope: { key }, context, title: 'Work', total: null, related: [] },
    }),
    handle: (run, context) => work(run, context, deps),
  });
}

type WorkDependencies = Parameters<typeof defineSimulatedWork>[0];

async function work(run: RunHandle, context: Context, deps: WorkDependencies) {
  const { chance, clock, mistakes } = deps;
  await run.setTotal(context.items);
  const intended = await intentsOf(run);
  for (let index = 0; index < context.items; index++) {
    const itemId = `item-${index}`;
    if (run.recorded.has(itemId) && !mistakes.ignoresRecorded) continue;
    run.signal.throwIfAborted();
    await clock.sleep(chance.below(1_500), run.signal);
    if (context.changes) await change(run, itemId, intended.has(itemId), deps);
    else await run.record(outcomeOf(itemId));
  }
  await misbehave(run, context, deps);
  return { summary: `${context.items} items`, related: [] };
}

async function misbehave(run: RunHandle, { items, mood }: Context, { clock }: WorkDependencies) {
  if (mood === 'fails') throw new RunFailure('graph_forbidden', 'It may not.');
  if (mood === 'hangs') await clock.sleep(BUDGET_MS * 10);
  if (mood === 'unstorable') void run.record({ ...outcomeOf('x'), itemId: '' });
  if (mood === 'floods') for (let n = 0; n < 2_000; n++) void run.record(outcomeOf(`item-${items + n}`));
}

/** Intent, claim, change, outcome; an intent without an outcome is looked up at the target first. */
async function change(
  run: RunHandle,
  itemId: string,
  intended: boolean,
  { target, mistakes }: WorkDependencies,
): Promise<void> {
  const effect = { runId: run.runId, itemId };
  const before = intended && !mistakes.ignoresIntents;
  if (!intended) await run.note(INTENT + itemId);
  if (!before || !(await target.isChanged(effect))) {
    if (!mistakes.checksNoClaim) await run.held(CHANGE_TIMEOUT_MS);
    try {
      await target.change(effect);
    } catch {
      // No answer within the time that the request may take: whatever became of it can be seen now.
      if (!(await target.isChanged(effect)))
        return run.record({ ...outcomeOf(itemId), outcome: 'failed', reasonCode: 'graph_unavailable' });
    }
  }
  await run.record(outcomeOf(itemId));
  await run.flush();
}

async function intentsOf(run: RunHandle): Promise<ReadonlySet<string>> {
  const intents = new Set<string>();
  for await (const event of run.history())
    if (event.type === 'RunProgressNoted' && event.data.note.startsWith(INTENT))
      intents.add(event.data.note.slice(INTENT.length));
  return intents;
}

const outcomeOf = (itemId: string): ItemOutcome => ({
  itemId,
  label: itemId,
  outcome: 'succeeded',
  subject: null,
  reasonCode: null,
  reason: null,
});
