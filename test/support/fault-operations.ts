import { z } from 'zod';
import { systemClock } from '../../src/clock.js';
import { defineOperation } from '../../src/operations/define.js';
import { createOperationRegistry, type OperationRegistry } from '../../src/operations/registry.js';
import { RunFailure } from '../../src/operations/run-failure.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import { schedulable } from '../../src/operations/schedulable.js';
import { succeeded, type TargetClient, TargetError, workOnItems } from './changing-work.js';
import { connectFaultGraph, createPolicies, GRAPH_REQUEST_TIMEOUT_MS } from './fault-graph.js';

export const FAULT_TYPE = 'fault.work';
/** A type whose handler behaves badly and that may be retried only twice. */
export const BAD_TYPE = 'fault.bad';
/** A type that a schedule may start every minute; its runs do nothing. */
export const TIMED_TYPE = 'fault.timed';
/** A type that changes Graph instead of the target. */
export const GRAPH_TYPE = 'fault.graph';

/** Long enough for a busy machine; a lost worker's run waits that long before another worker looks up its changes. */
const CHANGE_TIMEOUT_MS = 1_500;
const BAD_BUDGET_MS = 1_500;
/** A badly behaved run ends with its budget, which must be longer than a change may take. */
const BAD_CHANGE_TIMEOUT_MS = 400;
const GRAPH_BUDGET_MS = 20 * 60_000;
/** How many attempts a run of the good type has. Tests kill workers far more often than happens in production. */
const MANY_ATTEMPTS = 1_000;

const contextSchema = z.object({
  items: z.int(),
  changes: z.boolean(),
  pauseMs: z.int(),
  mood: z.enum(['well', 'throws', 'hangs', 'floods', 'unstorable', 'kills']),
});
export type FaultContext = z.output<typeof contextSchema>;

type Work = (run: RunHandle, context: FaultContext) => Promise<void>;

const dueStart = z.strictObject({ scheduleId: z.string(), dueAt: z.string() });

const timedWork = defineOperation({
  type: TIMED_TYPE,
  label: 'Timed work',
  description: 'Comes at due times.',
  itemisedBy: 'nothing',
  input: dueStart,
  scope: dueStart,
  context: z.strictObject({}),
  attemptLimit: MANY_ATTEMPTS,
  schedulable: schedulable({
    given: z.strictObject({}),
    fields: [],
    leastEveryMs: 60_000,
    inWords: () => 'work',
    inputOf: (_, due) => due,
    oncePerDueTime: true,
  }),
  plan: async (due) => ({ plan: { scope: due, context: {}, title: 'Timed work', total: 0, related: [] } }),
  handle: async () => ({ summary: 'Done', related: [] }),
});

/** The operation types of fault tests. Their effects go to the target and to Graph at these addresses. */
export function createFaultOperations(targetUrl: string, graphUrl?: string): OperationRegistry {
  const changeTarget = (changeTimeoutMs: number): Work => {
    const target = connectTarget(targetUrl, changeTimeoutMs);
    return async (run, context) => {
      const pauseMs = () => context.pauseMs;
      await workOnItems(run, context, { target, clock: systemClock, pauseMs, changeTimeoutMs });
      await misbehave(run, context);
    };
  };
  const changeGraph: Work = (run, { items }) => {
    if (!graphUrl) throw new TypeError('this process knows no Graph');
    return createPolicies(run, items, connectFaultGraph(graphUrl));
  };
  const define = (
    type: string,
    limits: { readonly attemptLimit: number; readonly budgetMs: number; readonly effectTimeoutMs: number },
    work: Work,
  ) =>
    defineOperation({
      type,
      label: 'Work',
      description: 'Works on items.',
      itemisedBy: 'item',
      input: z.object({ key: z.string(), context: contextSchema }),
      scope: z.object({ key: z.string() }),
      context: contextSchema,
      ...limits,
      plan: async ({ key, context }) => ({
        plan: { scope: { key }, context, title: 'Work', total: null, related: [] },
      }),
      async handle(run, context) {
        await work(run, context);
        return { summary: `${context.items} items`, related: [] };
      },
    });
  return createOperationRegistry([
    define(
      FAULT_TYPE,
      { attemptLimit: MANY_ATTEMPTS, budgetMs: 60_000, effectTimeoutMs: CHANGE_TIMEOUT_MS },
      changeTarget(CHANGE_TIMEOUT_MS),
    ),
    define(
      BAD_TYPE,
      { attemptLimit: 2, budgetMs: BAD_BUDGET_MS, effectTimeoutMs: BAD_CHANGE_TIMEOUT_MS },
      changeTarget(BAD_CHANGE_TIMEOUT_MS),
    ),
    define(
      GRAPH_TYPE,
      { attemptLimit: MANY_ATTEMPTS, budgetMs: GRAPH_BUDGET_MS, effectTimeoutMs: GRAPH_REQUEST_TIMEOUT_MS },
      changeGraph,
    ),
    timedWork,
  ]);
}

async function misbehave(run: RunHandle, { mood }: FaultContext): Promise<void> {
  if (mood === 'throws') throw new RunFailure('graph_forbidden', 'It may not.');
  if (mood === 'hangs') await new Promise(() => undefined);
  if (mood === 'unstorable') void run.record({ ...succeeded('lone \uD800'), itemId: '' });
  if (mood === 'kills') process.kill(process.pid, 'SIGKILL');
  if (mood === 'floods') for (let n = 0; n < 20_000; n++) void run.record(succeeded(`flood-${n}`));
}

function connectTarget(url: string, timeoutMs: number): TargetClient {
  const ask = async (method: string, path: readonly (string | undefined)[], until?: AbortSignal) => {
    try {
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = until ? AbortSignal.any([until, timeout]) : timeout;
      return await fetch([url, ...path].join('/'), { method, signal });
    } catch (error) {
      throw new TargetError('the target did not answer', { cause: error });
    }
  };
  return {
    change: async ({ runId, itemId, action, clientRequestId }, signal) =>
      void (await ask('POST', [runId, itemId, action, clientRequestId], signal)),
    isChanged: async ({ runId, itemId, action }) => (await ask('GET', [runId, itemId, action])).ok,
  };
}
