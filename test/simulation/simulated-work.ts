import { z } from 'zod';
import type { Clock } from '../../src/clock.js';
import { defineOperation, type OperationDefinition } from '../../src/operations/define.js';
import { RunFailure } from '../../src/operations/run-failure.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import { endedBefore } from '../../src/worker/ended-before.js';
import {
  type HandlerMistakes,
  succeeded,
  type TargetClient,
  TargetError,
  workOnItems,
} from '../support/changing-work.js';
import type { TargetChange } from '../support/promise-checker.js';
import type { SeededChance } from '../support/seeded-chance.js';
import type { SimulatedProcess } from './simulated-process.js';

export const WORK_TYPE = 'sim.work';
/** Longest a change of the target may take from its claim check to its arrival. */
const CHANGE_TIMEOUT_MS = 3_000;
const CHANGE_LATE_MAX_MS = 2_900;
const BUDGET_MS = 90_000;

/** The system outside: it carries out each request and keeps its own log. */
export class SimulatedTarget {
  readonly effects: TargetChange[] = [];

  connect(process: SimulatedProcess): TargetClient {
    const { effects } = this;
    const ask = <T>(what: string, work: () => T) =>
      process.call({
        what,
        work,
        timeoutMs: CHANGE_TIMEOUT_MS,
        lateMs: CHANGE_LATE_MAX_MS,
        mayDouble: false,
        unanswered: (why) => new TargetError(`the target ${why}`),
      });
    return {
      async change(change, signal) {
        const answered = ask(`${change.action} ${change.itemId}`, () => void effects.push(change));
        if (signal && !(await endedBefore(signal, answered)))
          throw new TargetError('the request was given up');
        await answered;
      },
      isChanged: ({ runId, itemId, action }) =>
        ask(`look at ${itemId}`, () =>
          effects.some((one) => one.runId === runId && one.itemId === itemId && one.action === action),
        ),
    };
  }
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
    scope: z.object({ key: z.string() }),
    context: contextSchema,
    budgetMs: BUDGET_MS,
    attemptLimit: 2,
    effectTimeoutMs: CHANGE_TIMEOUT_MS,
    plan: async ({ key, context }) => ({
      plan: { scope: { key }, context, title: 'Work', total: null, related: [] },
    }),
    async handle(run, context) {
      const { chance, clock } = deps;
      await workOnItems(run, context, {
        ...deps,
        pauseMs: () => chance.below(1_500),
        changeTimeoutMs: CHANGE_TIMEOUT_MS,
      });
      await misbehave(run, context, clock);
      return { summary: `${context.items} items`, related: [] };
    },
  });
}

async function misbehave(run: RunHandle, { items, mood }: Context, clock: Clock): Promise<void> {
  if (mood === 'fails') throw new RunFailure('graph_forbidden', 'It may not.');
  if (mood === 'hangs') await clock.sleep(BUDGET_MS * 10);
  if (mood === 'unstorable') void run.record({ ...succeeded('x'), itemId: '' });
  if (mood === 'floods') for (let n = 0; n < 2_000; n++) void run.record(succeeded(`item-${items + n}`));
}
