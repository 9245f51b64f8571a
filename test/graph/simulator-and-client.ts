import type { Test } from 'tap';
import { type Clock, systemClock } from '../../src/clock.js';
import { createGraphClient } from '../../src/graph/client/create-graph-client.js';
import { GRAPH_CLIENT_LIMITS, type GraphClientOptions } from '../../src/graph/client/graph-call.js';
import type { GraphClient } from '../../src/graph/client/graph-client.js';
import { DOCUMENTED_LIMITS, type LimitName, type RequestLimits } from '../../src/graph/request-limits.js';
import type { GraphObject } from '../../src/graph/simulator/graph-value.js';
import {
  type GraphSimulator,
  type GraphSimulatorOptions,
  startGraphSimulator,
} from '../../src/graph/simulator/start-graph-simulator.js';
import type { GraphContent } from '../../src/graph/simulator/tenant-state.js';
import { createSeededChance } from '../support/seeded-chance.js';

/**
 * The client's timeout in these tests. It is real time, because it guards real sockets, and much longer than the
 * tests need.
 */
export const REQUEST_TIMEOUT_MS = 33_333;
/** The timeout of clients whose requests get no answer. No pause has this length. */
export const HANGING_TIMEOUT_MS = 1111;
/** Waits of these lengths really pass; every other pause is skipped. */
const ELAPSING_MS = new Set([REQUEST_TIMEOUT_MS, HANGING_TIMEOUT_MS, GRAPH_CLIENT_LIMITS.policyTimeMs]);

/** A clock that skips every pause except request timeouts and records how long it would have slept. */
export function skippingClock(): Clock & { readonly sleptMs: number[] } {
  let skippedMs = 0;
  const sleptMs: number[] = [];
  return {
    sleptMs,
    now: () => Date.UTC(2026, 5, 1) + skippedMs,
    monotonicMs: () => skippedMs,
    async sleep(ms, signal) {
      if (ELAPSING_MS.has(ms)) return systemClock.sleep(ms, signal);
      sleptMs.push(ms);
      skippedMs += ms;
    },
  };
}

/** A simulator and a client of its tenant `default`, both on one clock that skips pauses. They stop with the test. */
export async function simulatorAndClient(
  t: { teardown(end: () => Promise<void>): void },
  source: GraphSimulatorOptions['source'],
  options: Partial<GraphSimulatorOptions> & { readonly client?: Partial<GraphClientOptions> } = {},
): Promise<{ simulator: GraphSimulator; client: GraphClient; clock: ReturnType<typeof skippingClock> }> {
  const clock = skippingClock();
  const { client: clientOptions, ...simulatorOptions } = options;
  const simulator = await startGraphSimulator({
    source,
    clock,
    chance: createSeededChance(1),
    ...simulatorOptions,
  });
  t.teardown(() => simulator.stop());
  const client = createGraphClient({
    baseUrl: simulator.url,
    token: async () => 'test-token',
    clock,
    chance: createSeededChance(2),
    ...clientOptions,
    limits: { requestTimeoutMs: REQUEST_TIMEOUT_MS, ...clientOptions?.limits },
  });
  return { simulator, client, clock };
}

/** A settings catalog policy with `count` settings, each a choice. */
export function catalogPolicy(index: number, settingCount = 2): GraphObject {
  const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  return {
    id,
    name: `Policy ${index}`,
    settingCount,
    settings: Array.from({ length: settingCount }, (_, row): GraphObject => {
      const settingDefinitionId = `device_example_${index}_${row}`;
      return {
        id: String(row),
        settingInstance: {
          '@odata.type': '#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance',
          settingDefinitionId,
          choiceSettingValue: { value: `${settingDefinitionId}_1`, children: [] },
        },
      };
    }),
    assignments: [
      { id: `${id}_x`, target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } },
    ],
  };
}

/** A tenant with `count` settings catalog policies. */
export function catalogContent(count: number, settingCount = 2): GraphContent {
  const policies = Array.from({ length: count }, (_, index) => catalogPolicy(index, settingCount));
  return new Map([['deviceManagement/configurationPolicies', policies]]);
}

/** All values of an iteration. */
export async function collected<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of iterable) all.push(entry);
  return all;
}

/** Asserts that a call fails with a GraphError that has these facts. */
export async function failsWith(t: Test, call: Promise<unknown>, facts: object): Promise<void> {
  const outcome = await call.then(
    () => 'no error',
    (error: unknown) => error,
  );
  t.match(outcome, { name: 'GraphError', ...facts }, JSON.stringify(facts));
}

/** The documented limits, with other numbers of requests for an app in the same periods. */
export function limitedTo(ofApp: Partial<Readonly<Record<LimitName, number>>>): RequestLimits {
  const entries = Object.entries(DOCUMENTED_LIMITS) as [LimitName, RequestLimits[LimitName]][];
  return Object.fromEntries(
    entries.map(([name, limit]) => [name, { ...limit, ofApp: ofApp[name] ?? limit.ofApp }]),
  ) as RequestLimits;
}
