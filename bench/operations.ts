import { createHash } from 'node:crypto';
import { systemChance } from '../src/clock.js';
import { createGraphClient } from '../src/graph/client/create-graph-client.js';
import { DOCUMENTED_LIMITS } from '../src/graph/request-limits.js';
import type { GraphObject } from '../src/graph/simulator/graph-value.js';
import { startGraphSimulator } from '../src/graph/simulator/start-graph-simulator.js';
import { inventorySync } from '../src/operations/inventory-sync/inventory-sync.js';
import type { OperationServices } from '../src/operations/operation-services.js';
import type { RunHandle } from '../src/operations/run-handle.js';
import type { Words } from '../src/operations/vocabulary.js';
import { policyTypeNamed } from '../src/policies/catalogue/policy-types.js';
import { scopeKeyOf, selectionSchema } from '../src/policies/selection.js';
import type { ItemOutcome } from '../src/runs/run-events.js';
import { type BenchOptions, report } from './report.js';
import { createVirtualTime, type VirtualTime } from './virtual-time.js';

/**
 * A tenant of 5,000 policies in 12 types. `reads` is the least number of requests for one policy besides the listing.
 */
const TENANT: readonly { readonly type: string; readonly policies: number; readonly reads: number }[] = [
  { type: 'configurationPolicies', policies: 1500, reads: 2 },
  { type: 'deviceConfigurations', policies: 900, reads: 0 },
  { type: 'deviceCompliancePolicies', policies: 300, reads: 0 },
  { type: 'groupPolicyConfigurations', policies: 400, reads: 1 },
  { type: 'intents', policies: 200, reads: 1 },
  { type: 'windowsDriverUpdateProfiles', policies: 300, reads: 0 },
  { type: 'deviceManagementScripts', policies: 200, reads: 1 },
  { type: 'deviceShellScripts', policies: 100, reads: 1 },
  { type: 'deviceHealthScripts', policies: 200, reads: 1 },
  { type: 'deviceEnrollmentConfigurations', policies: 100, reads: 0 },
  { type: 'mobileApps', policies: 600, reads: 0 },
  { type: 'mobileAppConfigurations', policies: 200, reads: 0 },
];
/** The page size of Graph's listings. */
const PAGE = 100;
/** The time that Graph takes for an answer. */
const LATENCY_MS = 200;

/**
 * An inventory of 5,000 policies under Intune's documented limits. It compares the requests with the fewest possible,
 * and the time with the least that the limits allow. It uses sockets and virtual time, without database and log.
 */
export async function run(options: BenchOptions): Promise<void> {
  const limits = DOCUMENTED_LIMITS;
  const time = createVirtualTime();
  const simulator = await startGraphSimulator({
    ...{ source: { content: content() }, throttle: limits, latencyMs: LATENCY_MS, clock: time.serverClock },
  });
  try {
    const outcomes = await inventory(simulator.url, time);
    const seconds = time.clock.monotonicMs() / 1000;
    const policies = [...outcomes.values()].filter(
      ({ subject, outcome }) => subject && outcome === 'succeeded',
    );
    const asked = simulator.requests().filter(({ path }) => path !== '$batch');
    const refused = asked.filter(({ status }) => status === 429).length;
    const fewest = TENANT.reduce((sum, { policies: n, reads }) => sum + Math.ceil(n / PAGE) + n * reads, 0);
    const { ofApp, windowMs } = limits.intune_reads;
    const least = (Math.floor((fewest - 1) / ofApp) * windowMs) / 1000;
    const figure = (metric: string, unit: string, value: number, subject = 'opsledger') =>
      report({ bench: 'operations', subject, metric, unit, value, n: policies.length }, options);
    figure('policies read', 'policies', policies.length);
    figure('requests', 'requests', fewest, 'fewest possible');
    figure('requests', 'requests', asked.length);
    figure('refused (429)', 'requests', refused);
    figure('requests against the fewest', 'times', asked.length / fewest);
    figure('time', 's', least, 'least that the limits allow');
    figure('time', 's', seconds);
    figure('time against the least', 'times', seconds / least);
  } finally {
    await simulator.stop();
  }
}

async function inventory(
  baseUrl: string,
  { clock, fetch }: VirtualTime,
): Promise<ReadonlyMap<string, ItemOutcome>> {
  const graph = createGraphClient({
    ...{ baseUrl, clock, fetch, chance: systemChance, token: async () => 'bench', readOnly: true },
  });
  const recorded = new Map<string, ItemOutcome>();
  const { signal } = new AbortController();
  const run: Partial<RunHandle> = {
    ...{ tenantId: 'bench', signal, recorded },
    setTotal: async () => undefined,
    flush: async () => undefined,
    waiting: () => undefined,
    record: async (outcome) => void recorded.set(outcome.itemId, outcome),
    withinItemBudget: (work) => work(signal),
  };
  const hash = (body: Uint8Array | string) => createHash('sha256').update(body).digest('hex');
  const services: Partial<OperationServices> = {
    graph: async () => graph,
    artifacts: {
      put: async (_tenantId, body) => hash(body),
      get: async () => undefined,
      digest: async (_tenantId, text) => hash(text),
    },
  };
  const selection = selectionSchema.parse({ policyTypes: TENANT.map(({ type }) => type) });
  const context = { selection, scopeKey: scopeKeyOf(selection) };
  await inventorySync.handle(run as RunHandle<Words>, context, services as OperationServices);
  return recorded;
}

function content(): ReadonlyMap<string, readonly GraphObject[]> {
  return new Map(
    TENANT.map(({ type: name, policies }) => {
      const type = policyTypeNamed(name);
      if (!type) throw new Error(`the catalogue lacks ${name}`);
      const entities = Array.from({ length: policies }, (_, index): GraphObject => {
        const id = `${name}-${index}`;
        return {
          '@odata.type': '#microsoft.graph.windows10GeneralConfiguration',
          id,
          [type.nameField]: `${type.label} ${index}`,
          assignments: [{ id, target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }],
          ...(type.content && { [type.content.name]: rows(index) }),
          ...(type.content?.countField && { settingCount: ROWS }),
          ...Object.fromEntries((type.ownAddress?.fields ?? []).map((field) => [field, 'ZWNobyAx'])),
        };
      });
      return [type.path, entities] as const;
    }),
  );
}

const ROWS = 20;

const rows = (policy: number): GraphObject[] =>
  Array.from({ length: ROWS }, (_, row) => ({
    id: String(row),
    definitionId: `definition-${row}`,
    valueJson: String(policy),
    settingInstance: {
      '@odata.type': '#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance',
      settingDefinitionId: `setting_${row}`,
      choiceSettingValue: { value: `setting_${row}_${policy % 2}`, children: [] },
    },
  }));
