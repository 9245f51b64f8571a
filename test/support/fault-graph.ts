import { systemChance, systemClock } from '../../src/clock.js';
import { createGraphClient } from '../../src/graph/client/create-graph-client.js';
import type { GraphCall } from '../../src/graph/client/graph-call.js';
import type { GraphClient, GraphReader } from '../../src/graph/client/graph-client.js';
import { GraphError } from '../../src/graph/client/graph-error.js';
import type { GraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import { EffectAmbiguous } from '../../src/operations/effect.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import type { Outcome } from '../../src/operations/vocabulary.js';
import { succeeded } from './changing-work.js';
import type { TargetChange } from './promise-checker.js';

const PATH = 'deviceManagement/configurationPolicies';
export const GRAPH_REQUEST_TIMEOUT_MS = 500;
/** How long the waits of a call may be in all. When Graph asks for more, the item fails. */
export const GRAPH_WAIT_BUDGET_MS = process.env.OPSLEDGER_LONG === '1' ? 600_000 : 10_000;

/** A client whose limits are so short that a fault and its recovery take only seconds. */
export function connectFaultGraph(baseUrl: string): GraphClient {
  return createGraphClient({
    baseUrl,
    token: async () => 'a-token',
    clock: systemClock,
    chance: systemChance,
    limits: {
      requestTimeoutMs: GRAPH_REQUEST_TIMEOUT_MS,
      attemptsMax: 6,
      backoffBaseMs: 50,
      backoffMaxMs: 400,
      waitBudgetMs: GRAPH_WAIT_BUDGET_MS,
    },
  });
}

/** Creates one policy for each item by an effect. An intent without an outcome is looked up by the policy's name. */
export async function createPolicies(run: RunHandle, items: number, graph: GraphReader): Promise<void> {
  await run.setTotal(items);
  for (let index = 0; index < items; index++) {
    const itemId = `item-${index}`;
    if (run.recorded.has(itemId)) continue;
    run.signal.throwIfAborted();
    await run.record(await outcomeOf(run, itemId, graph));
  }
}

async function outcomeOf(run: RunHandle, itemId: string, graph: GraphReader): Promise<Outcome> {
  const name = `${run.runId}/${itemId}`;
  try {
    await run.effect({
      itemId,
      intent: { action: 'create' },
      timeoutMs: GRAPH_REQUEST_TIMEOUT_MS,
      async send(sending) {
        const writer = await sending.graph();
        await writer.write('POST', PATH, { name, settings: [] });
        return null;
      },
      lookUp: async () =>
        (await exists(graph, name, run)) ? { found: 'applied', result: null } : { found: 'not_applied' },
    });
    return succeeded(itemId);
  } catch (error) {
    if (!(error instanceof GraphError) && !(error instanceof EffectAmbiguous)) throw error;
    return { ...succeeded(itemId), outcome: 'failed', reasonCode: error.reasonCode };
  }
}

async function exists(graph: GraphReader, name: string, run: RunHandle): Promise<boolean> {
  for await (const { rows } of graph.pages(PATH, callOf(run)))
    if (rows.some((row) => row.name === name)) return true;
  return false;
}

const callOf = (run: RunHandle) => ({
  signal: run.signal,
  onWaiting: ({ reasonCode, untilMs }: Parameters<NonNullable<GraphCall['onWaiting']>>[0]) =>
    run.waiting({ reasonCode, until: untilMs, reason: 'Graph asked to try again later.' }),
});

/** Every policy that the simulated Graph has created, for the checks. */
export function createdPolicies(simulator: GraphSimulator): readonly TargetChange[] {
  return simulator.tenants().flatMap(({ state }) =>
    state.page(PATH, 0, Number.MAX_SAFE_INTEGER).entities.map(({ name }) => {
      const [runId = '', itemId = ''] = String(name).split('/');
      return { runId, itemId, action: 'create', clientRequestId: undefined };
    }),
  );
}
