import { findingEntity } from '../../src/entities/finding/finding.js';
import type { Finding } from '../../src/operations/drift-generate/drift-events.js';
import { POLICY_TYPES } from '../../src/policies/catalogue/policy-types.js';
import { scopeKeyOf, selectionInWords } from '../../src/policies/selection.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import type { Initiator, ItemOutcome } from '../../src/runs/run-events.js';
import { count } from '../../src/wording/number-words.js';
import { changeWith, evidenceWith, findingWith } from '../support/finding-builder.js';
import { completed, itemOf } from '../support/hub-scenario.js';
import type { SeededChance } from '../support/seeded-chance.js';
import type { OpenRun, Queued, YearTenant, YearWriter } from './year-writer.js';

/**
 * What inventories of the year read. The demo reads all policies and shell scripts when the product starts; these
 * selections differ from its own, so that its runs stay separate operations.
 */
export const SELECTIONS = [
  { policyTypes: ['configurationPolicies'] },
  { policyTypes: ['compliancePolicies', 'deviceCompliancePolicies'] },
  { policyTypes: ['deviceManagementScripts'] },
] as const satisfies readonly { readonly policyTypes: readonly string[] }[];

const POLICIES = 16;
/** The most findings of one comparison. */
const DRIFT_FINDINGS_MAX = 4;
const SETTINGS = ['minimumPinLength', 'requireDeviceEncryption', 'scanSchedule', 'allowCamera'];

/** The events of a run in their order, each with its time. */
export type Story = readonly (() => Promise<void>)[];

interface StoryContext {
  readonly writer: YearWriter;
  readonly chance: SeededChance;
  /** Milliseconds since 1970 in the year that is written. */
  readonly now: () => number;
  readonly tenant: YearTenant;
  /** The likelihood that something goes wrong, from 0 to 1. */
  readonly trouble: number;
}

/** The usable inventories of each selection of a tenant, the newest last. */
export type Inventories = Map<string, string[]>;

/** An inventory: it succeeds, loses some of its items, waits for Graph, fails, or loses its worker. */
export function inventoryStory(
  context: StoryContext,
  selection: (typeof SELECTIONS)[number],
  inventories: Inventories,
): Story {
  const { writer, chance, tenant, trouble } = context;
  const policyTypes = [...selection.policyTypes];
  const scope = { scopeKey: scopeKeyOf({ policyTypes }) };
  const ending =
    chance.fraction() < trouble ? chance.pick(['fails', 'fails', 'lost', 'partly'] as const) : 'well';
  const waits = chance.fraction() < 0.05;
  const items = policiesOf(policyTypes).map(({ name }, index) =>
    itemOf(name, ending === 'partly' && index % 5 === 0 ? 'failed' : 'succeeded'),
  );
  let run: OpenRun;
  return [
    async () => {
      run = await writer.queue(
        tenant.tenantId,
        queuedWith({
          type: 'inventory.sync',
          title: `Inventory of ${selectionInWords({ policyTypes })}`,
          input: { policyTypes },
          scope,
          context: { selection: { policyTypes }, ...scope },
          initiator: initiatorOf(context),
        }),
      );
    },
    async () => {
      await run.send(
        { type: 'RunStarted', data: { attempt: 1, worker: workerOf(chance) } },
        { type: 'RunTotalSet', data: { total: items.length } },
        ...(waits ? [waitingAt(context.now())] : []),
      );
      if (waits) await run.send({ type: 'RunStarted', data: { attempt: 2, worker: workerOf(chance) } });
    },
    async () => {
      if (ending === 'fails' || ending === 'lost') return run.send(...brokenOff(ending, items));
      await run.send({ type: 'RunItemsRecorded', data: { items } });
      await run.send(completed(items, `${items.length} policies read`, { inventory: scope.scopeKey }));
      const known = inventories.get(scope.scopeKey) ?? [];
      inventories.set(scope.scopeKey, [...known, run.runId].slice(-2));
    },
  ];
}

/** The drift between the two newest inventories of a selection, some of whose findings are acknowledged later. */
export function driftStory(
  context: StoryContext,
  selection: (typeof SELECTIONS)[number],
  inventories: Inventories,
): Story {
  const { writer, chance, tenant } = context;
  const policyTypes = [...selection.policyTypes];
  const scopeKey = scopeKeyOf({ policyTypes });
  const member = { kind: 'member', personId: tenant.operator.personId } as const;
  let run: OpenRun | undefined;
  let compared = { scopeKey, baselineRunId: '', currentRunId: '' };
  let findings: readonly Finding[] = [];
  return [
    async () => {
      const [baselineRunId, currentRunId] = inventories.get(scopeKey) ?? [];
      if (!baselineRunId || !currentRunId) return;
      compared = { scopeKey, baselineRunId, currentRunId };
      run = await writer.queue(
        tenant.tenantId,
        queuedWith({
          type: 'drift.generate',
          title: 'Drift between two inventories',
          input: { selection: { policyTypes } },
          scope: compared,
          context: compared,
          initiator: member,
          related: [
            { relation: 'baseline', kind: 'run', id: baselineRunId, label: 'Baseline inventory' },
            { relation: 'current', kind: 'run', id: currentRunId, label: 'Current inventory' },
          ],
        }),
      );
    },
    async () => run?.send({ type: 'RunStarted', data: { attempt: 1, worker: workerOf(chance) } }),
    async () => {
      if (!run) return;
      const policies = policiesOf(policyTypes);
      findings = policies
        .slice(0, chance.below(DRIFT_FINDINGS_MAX + 1))
        .map(({ type }, index) => findingOf(chance, type, chance.pick(policies).name, index));
      const items = policies.map(({ name }) => itemOf(name, 'succeeded'));
      const detected = { ...compared, rulesVersion: 2, findings: [...findings] };
      await run.send({ type: 'RunTotalSet', data: { total: items.length } });
      await run.send(
        ...(findings.length > 0 ? [{ type: 'FindingsDetected', data: detected } as const] : []),
        { type: 'RunItemsRecorded', data: { items } },
      );
      await run.send(completed(items, `${count(findings.length, 'finding')} in ${items.length} policies`));
    },
    async () => {
      for (const { fingerprint } of findings) {
        if (chance.fraction() < 0.3) continue;
        const note = chance.pick(['Agreed with the customer.', 'Planned change.', null]);
        await writer.append(
          findingEntity.stream(tenant.tenantId, fingerprint),
          [{ type: 'FindingAcknowledged', data: { note } }],
          { tenantId: tenant.tenantId, actor: { kind: 'member', id: member.personId } },
        );
      }
    },
  ];
}

const queuedWith = (
  data: Pick<Queued, 'type' | 'title' | 'input' | 'scope' | 'context' | 'initiator'> & Partial<Queued>,
): Queued => ({ definitionVersion: 1, total: null, causedBy: null, related: [], ...data });

const workerOf = (chance: SeededChance): string => `worker w-${1 + chance.below(3)}`;

function initiatorOf({ chance, tenant }: StoryContext): Initiator {
  const drawn = chance.fraction();
  if (drawn < 0.6) return { kind: 'schedule', scheduleId: 'nightly', name: 'Every night' };
  if (drawn < 0.75) return { kind: 'api', clientId: 'reporting', name: 'Reporting' };
  return { kind: 'member', personId: tenant.operator.personId };
}

function policiesOf(policyTypes: readonly string[]) {
  const types = POLICY_TYPES.filter(({ name }) => policyTypes.includes(name));
  return types.flatMap((type) =>
    Array.from({ length: POLICIES / types.length }, (_, index) => ({
      type: type.name,
      name: `${type.label} ${index + 1}`,
    })),
  );
}

const waitingAt = (now: number): ProductDraft => ({
  type: 'RunWaiting',
  data: {
    reasonCode: 'graph_throttled',
    until: new Date(now + 20_000).toISOString(),
    reason: 'Graph asks to wait 20 s.',
  },
});

/** The end of a run that reached only the first half of its items. */
function brokenOff(ending: 'fails' | 'lost', items: readonly ItemOutcome[]): readonly ProductDraft[] {
  const done = items.slice(0, items.length / 2);
  const counts = {
    total: items.length,
    processed: done.length,
    succeeded: done.length,
    failed: 0,
    skipped: 0,
  };
  const recorded = { type: 'RunItemsRecorded', data: { items: done } } as const;
  if (ending === 'lost')
    return [
      recorded,
      {
        type: 'RunAborted',
        data: { reasonCode: 'worker_lost', reason: 'The worker gave no more signs of life.', counts },
      },
    ];
  return [
    recorded,
    {
      type: 'RunFailed',
      data: {
        reasonCode: 'graph_unauthenticated',
        reason: 'Graph answered 401 (Unauthorized) to GET /deviceManagement.',
        counts,
      },
    },
  ];
}

function findingOf(chance: SeededChance, policyType: string, name: string, index: number): Finding {
  const kind = chance.pick(['changed', 'changed', 'added', 'removed'] as const);
  const change = changeWith({
    path: chance.pick(SETTINGS),
    before: [`${chance.below(8)}`],
    after: [`${8 + chance.below(8)}`],
  });
  return findingWith({
    itemId: `${policyType}/${index}`,
    fingerprint: chance.hex(32),
    kind,
    policyType,
    subjectId: chance.uuid(),
    name,
    contentHashAfter: chance.hex(64),
    evidence: evidenceWith(kind === 'changed' ? { settingsChanged: [change] } : {}),
  });
}
