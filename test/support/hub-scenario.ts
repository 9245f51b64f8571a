import { dueTimesEntity } from '../../src/entities/schedule/due-times.js';
import { scheduleEntity } from '../../src/entities/schedule/schedule.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import type { ItemOutcome } from '../../src/runs/run-events.js';
import { changeWith, evidenceWith, findingWith, observedWith } from './finding-builder.js';
import type { HubSite, SiteTenant } from './hub-site.js';

/** Ids of the runs and findings in a scenario. */
export interface Scenario {
  readonly tenant: SiteTenant;
  readonly inventories: readonly [string, string];
  readonly partial: string;
  readonly failed: string;
  readonly running: string;
  readonly queued: string;
  readonly drift: string;
  readonly findings: readonly string[];
  /** A schedule whose last start was refused. */
  readonly schedule: string;
}

const POLICIES = [
  'BitLocker',
  'Firewall',
  'Defender Antivirus',
  'Windows Hello',
  'Device Security',
  'Update ring',
];
const SCOPE = '0123456789abcdef0123456789abcdef';

/**
 * Writes a tenant with a run of every kind: two inventories, one of them with failures, drift with findings, and active
 * runs.
 */
export async function writeScenario(site: HubSite, slug: string, name: string): Promise<Scenario> {
  const tenant = await site.tenant(slug, name);
  const { builder } = site;
  const { chance } = builder;
  const { tenantId, persons } = tenant;
  const member = { kind: 'member', personId: persons.operator } as const;
  const send = (runId: string, ...drafts: readonly ProductDraft[]) =>
    builder.toRun(tenantId, runId, ...drafts);
  const queue = (title: string, type: string, more: object = {}) =>
    builder.queue(tenantId, chance.hex(32), { title, type, initiator: member, ...more });
  const begin = (runId: string, attempt = 1) =>
    send(runId, { type: 'RunStarted', data: { attempt, worker: 'worker w-2' } });

  async function inventory(failing: number): Promise<string> {
    const runId = await queue('Inventory of all policies', 'inventory.sync', { scope: { scopeKey: SCOPE } });
    await begin(runId);
    await send(runId, { type: 'RunTotalSet', data: { total: POLICIES.length } });
    const items = POLICIES.map((policy, index) => itemOf(policy, index < failing ? 'failed' : 'succeeded'));
    await send(
      runId,
      {
        type: 'InventoryItemsObserved',
        data: {
          scopeKey: SCOPE,
          rulesVersion: 2,
          settings: [],
          policies: items.map(({ itemId, label }) =>
            observedWith({
              itemId,
              policyId: itemId,
              name: label,
              artifact: chance.hex(64),
              contentHash: chance.hex(64),
              assignmentsHash: chance.hex(64),
              settingCount: 12,
            }),
          ),
          unread: [],
        },
      },
      { type: 'RunItemsRecorded', data: { items } },
    );
    await send(runId, completed(items, `${POLICIES.length} policies read`, { inventory: SCOPE }));
    return runId;
  }

  const first = await inventory(0);
  const partial = await inventory(1);
  const second = await inventory(0);
  const failed = await queue('Inventory of compliance policies', 'inventory.sync', {
    initiator: { kind: 'schedule', scheduleId: 'nightly' },
  });
  await begin(failed);
  await send(failed, {
    type: 'RunWaiting',
    data: {
      reasonCode: 'graph_throttled',
      until: '2026-01-05T08:00:30.000Z',
      reason: 'Graph asks to wait 20 s.',
    },
  });
  await begin(failed, 2);
  await send(failed, {
    type: 'RunFailed',
    data: {
      reasonCode: 'graph_unauthenticated',
      reason: 'Graph answered 401 to [redacted:jwt] for tenant Contoso.',
      counts: { total: null, processed: 0, succeeded: 0, failed: 0, skipped: 0 },
    },
  });
  const drift = await queue('Drift between two inventories', 'drift.generate', {
    context: { scopeKey: SCOPE, baselineRunId: first, currentRunId: second },
    related: [
      { relation: 'baseline', kind: 'run', id: first, label: 'Inventory of all policies' },
      { relation: 'compared', kind: 'run', id: second, label: 'Inventory of all policies' },
    ],
    causedBy: { runId: second, relation: 'needed_by' },
  });
  await begin(drift);
  const findings = [chance.hex(32), chance.hex(32), chance.hex(32)];
  const driftItems = findings.map((_, index) => itemOf(POLICIES[index] ?? '', 'succeeded'));
  await send(
    drift,
    {
      type: 'FindingsDetected',
      data: {
        scopeKey: SCOPE,
        baselineRunId: first,
        currentRunId: second,
        rulesVersion: 2,
        findings: findings.map((fingerprint, index) =>
          findingWith({
            itemId: driftItems[index]?.itemId ?? '',
            fingerprint,
            kind: (['changed', 'added', 'removed'] as const)[index % 3] ?? 'changed',
            subjectId: chance.uuid(),
            name: `Win - OIB - ${POLICIES[index]}`,
            contentHashAfter: chance.hex(64),
            evidence: evidenceWith({
              settingsAdded: [
                {
                  path: 'device_vendor_msft_bitlocker_requiredeviceencryption',
                  label: null,
                  values: ['"1"'],
                },
              ],
              settingsChanged: [
                changeWith({
                  path: 'device_vendor_msft_policy/minimumpinlength',
                  before: ['6'],
                  after: ['8'],
                }),
                changeWith({
                  path: 'recoveryPassword',
                  before: ['"[masked]"'],
                  after: ['"[masked]"'],
                  words: ['secret'],
                }),
              ],
              assignmentsAdded: ['include group SEC-Laptops-Berlin'],
            }),
          }),
        ),
      },
    },
    { type: 'RunItemsRecorded', data: { items: driftItems } },
  );
  await send(drift, completed(driftItems, `${findings.length} findings`));
  const running = await queue('Inventory of Windows policies', 'inventory.sync');
  await begin(running);
  await send(running, { type: 'RunTotalSet', data: { total: 10 } });
  await send(running, {
    type: 'RunItemsRecorded',
    data: { items: POLICIES.slice(0, 4).map((policy) => itemOf(policy, 'succeeded')) },
  });
  const queued = await queue('Inventory of scripts', 'inventory.sync');
  const schedule = await writeSchedule(site, tenant, failed);
  await site.settle();
  const inventories = [first, second] as const;
  return { tenant, inventories, partial, failed, running, queued, drift, findings, schedule };
}

/** A schedule with a due time of each outcome, the one of `runId` among them. */
async function writeSchedule(
  { builder }: HubSite,
  { tenantId, persons }: SiteTenant,
  runId: string,
): Promise<string> {
  const scheduleId = builder.chance.uuid();
  const day = (number: number) => `2026-01-0${number}T01:00:00.000Z`;
  await builder.append(
    scheduleEntity.stream(tenantId, scheduleId),
    [
      {
        type: 'ScheduleSet',
        data: {
          name: 'Nightly inventory',
          operationType: 'inventory.sync',
          given: {},
          cron: '0 2 * * *',
          zone: 'Europe/Berlin',
          missed: 'make_up_once',
        },
      },
    ],
    { tenantId, actor: { kind: 'member', id: persons.manager } },
  );
  await builder.append(
    dueTimesEntity.stream(tenantId, scheduleId),
    [
      { type: 'DueTimesMissed', data: { from: day(1), through: day(3), count: 3, atLeast: false } },
      { type: 'DueTimeTaken', data: { dueAt: day(4), late: true } },
      { type: 'DueTimeStarted', data: { dueAt: day(4), runId, joined: false } },
      { type: 'DueTimeTaken', data: { dueAt: day(5), late: false } },
      {
        type: 'DueTimeRefused',
        data: { dueAt: day(5), reasonCode: 'not_connected', message: 'Not connected to Graph.', runId: null },
      },
    ],
    { tenantId, actor: { kind: 'system', id: 'scheduler' } },
  );
  return scheduleId;
}

export function itemOf(name: string, outcome: ItemOutcome['outcome'], reason?: string): ItemOutcome {
  return {
    itemId: `configurationPolicies/${name}`,
    label: `Win - OIB - ${name}`,
    outcome,
    subject: { type: 'configurationPolicies', id: `id-of-${name.toLowerCase().replaceAll(' ', '-')}` },
    reasonCode: outcome === 'failed' ? 'graph_forbidden' : outcome === 'skipped' ? 'unchanged' : null,
    reason: outcome === 'failed' ? (reason ?? 'Graph answered 403 (Forbidden) to GET /assignments.') : null,
  };
}

export function completed(
  items: readonly ItemOutcome[],
  summary: string,
  {
    inventory,
    repeated = 0,
    related = [],
  }: {
    readonly inventory?: string;
    readonly repeated?: number;
    readonly related?: Extract<ProductDraft, { type: 'RunCompleted' }>['data']['related'];
  } = {},
): ProductDraft {
  const of = (outcome: ItemOutcome['outcome']) => items.filter((item) => item.outcome === outcome).length;
  return {
    type: 'RunCompleted',
    data: {
      counts: {
        total: items.length + repeated,
        processed: items.length + repeated,
        succeeded: of('succeeded') + repeated,
        failed: of('failed'),
        skipped: of('skipped'),
      },
      related: inventory
        ? [{ relation: 'produced', kind: 'inventory', id: inventory, label: 'all policies' }]
        : related,
      summary,
    },
  };
}
