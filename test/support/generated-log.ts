import { findingEntity } from '../../src/entities/finding/finding.js';
import { LEDGER_STREAM } from '../../src/ledger/streams.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import type { Counts, Initiator, ItemOutcome } from '../../src/runs/run-events.js';
import { askStream } from '../../src/runs/run-streams.js';
import { memberStream } from '../../src/tenancy/member-events.js';
import { personStream } from '../../src/tenancy/person-events.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import { createEventBuilder, type EventBuilder } from './event-builder.js';
import { evidenceWith, findingWith, observedWith } from './finding-builder.js';
import { appliedFor, keepSomething, plannedFor } from './generated-keeping.js';

/** What the generator remembers of an active run. */
interface ActiveRun {
  readonly tenantId: string;
  readonly key: string;
  readonly runId: string;
  readonly type: string;
  started: boolean;
  attempt: number;
  readonly items: Map<string, ItemOutcome['outcome']>;
}

interface Tenant {
  readonly tenantId: string;
  readonly persons: readonly string[];
  readonly keys: readonly { readonly key: string; readonly type: string }[];
  readonly fingerprints: readonly string[];
}

const TYPES = ['inventory.sync', 'drift.generate', 'restore.preview', 'restore.execute'] as const;
const CODES = ['graph_throttled', 'graph_forbidden', 'unexpected'] as const;
const HASH_LENGTH = 64;
const SETTINGS = [
  { path: 'passwordMinimumLength', label: null },
  { path: 'device_vendor_msft_bitlocker_requiredeviceencryption', label: 'Require device encryption' },
];
const GROUPS = ['0a0a0a0a-0000-4000-8000-000000000001', '0a0a0a0a-0000-4000-8000-000000000002'];

/**
 * Fills a log with at least `events` varied, valid events: several tenants, runs of every kind and end, many runs in
 * one stream, take-overs, repeated items, findings that are detected again, acknowledged and reopened, members that are
 * added and removed, notifications that are read one by one and all at once, and what runs and people keep. The same seed makes the same log.
 */
export async function generateLog(options: {
  seed: number;
  events: number;
  tenants?: number;
}): Promise<EventBuilder> {
  const builder = createEventBuilder(options.seed);
  const { chance, log } = builder;
  await builder.append(LEDGER_STREAM, [{ type: 'LedgerCreated', data: { ledgerId: chance.uuid() } }]);
  const tenants: Tenant[] = [];
  for (let n = 0; n < (options.tenants ?? 3); n++) tenants.push(await registerTenant(builder, n));
  const active = new Map<string, ActiveRun>();
  const runs: { tenantId: string; runId: string; type: string }[] = [];
  while (log.events.length < options.events) {
    const tenant = chance.pick(tenants);
    if (chance.fraction() < 0.12) await aside(builder, tenant, runs);
    else await moveOperation(builder, tenant, active, runs);
  }
  return builder;
}

async function registerTenant({ append, chance }: EventBuilder, n: number): Promise<Tenant> {
  const tenantId = chance.uuid();
  const persons = Array.from({ length: 4 }, () => chance.uuid());
  const roles = ['owner', 'manager', 'operator', 'readonly'] as const;
  const drafts: ProductDraft[] = [
    { type: 'TenantRegistered', data: { slug: `tenant-${n}`, name: `Tenant ${n}` } },
    ...persons.map((personId, index): ProductDraft => {
      return { type: 'MemberAdded', data: { personId, role: roles[index] ?? 'readonly' } };
    }),
    { type: 'AccessGranted', data: { personId: chance.uuid(), role: 'auditor' } },
    { type: 'GraphConnectionSet', data: { baseUrl: `http://127.0.0.1:${8000 + n}`, signIn: null } },
  ];
  await append(tenantStream(tenantId), drafts, { tenantId });
  const keys = Array.from({ length: 9 }, (_, index) => ({
    key: chance.hex(32),
    type: TYPES[index % TYPES.length] ?? 'restore.preview',
  }));
  return { tenantId, persons, keys, fingerprints: Array.from({ length: 25 }, () => chance.hex(32)) };
}

/** Appends an event that is not about a run's progress: reading, asking again, reviewing findings, membership. */
async function aside(
  builder: EventBuilder,
  { tenantId, persons, fingerprints }: Tenant,
  runs: readonly { tenantId: string; runId: string; type: string }[],
): Promise<void> {
  const { append, chance } = builder;
  const personId = chance.pick(persons);
  const run = runs.filter((one) => one.tenantId === tenantId).at(-1 - chance.below(3));
  const context = { tenantId, actor: { kind: 'member', id: personId } } as const;
  switch (chance.below(9)) {
    case 6:
    case 7:
    case 8: {
      if (run) await keepSomething(builder, run);
      return;
    }
    case 0: {
      const notificationIds =
        run && chance.fraction() < 0.7 ? [`${run.runId}:${chance.pick(['queued', 'ended'])}`] : ['*'];
      await append(
        memberStream(tenantId, personId),
        [{ type: 'NotificationRead', data: { notificationIds } }],
        context,
      );
      return;
    }
    case 1: {
      const type = chance.pick(['FindingAcknowledged', 'FindingReopened'] as const);
      await append(
        findingEntity.stream(tenantId, chance.pick(fingerprints)),
        [{ type, data: { note: null } }],
        context,
      );
      return;
    }
    case 2: {
      if (!run) return;
      const { runId, type } = run;
      const initiator: Initiator = { kind: 'member', personId };
      await append(
        askStream(tenantId, runId, personId),
        [{ type: 'RunAsked', data: { runId, type, initiator } }],
        context,
      );
      return;
    }
    case 3: {
      const timeZone = chance.pick(['Europe/Zurich', 'Asia/Tokyo', null]);
      await setOwn(append, { chance, tenantId, personId, timeZone });
      await append(
        memberStream(tenantId, personId),
        [{ type: 'SettingsChanged', data: { timeZone } }],
        context,
      );
      return;
    }
    case 4: {
      const drafts: ProductDraft[] = [{ type: 'MemberRemoved', data: { personId } }];
      if (chance.fraction() < 0.8) drafts.push({ type: 'MemberAdded', data: { personId, role: 'operator' } });
      await append(tenantStream(tenantId), drafts, context);
      return;
    }
    default: {
      const draft: ProductDraft = {
        type: chance.pick(['AccessGranted', 'AccessRevoked'] as const),
        data: { personId, role: 'support' },
      };
      await append(tenantStream(tenantId), [draft], context);
    }
  }
}

/** Appends settings that a person chooses for all tenants, and views that they save in one tenant. */
async function setOwn(
  append: EventBuilder['append'],
  { chance, tenantId, personId, timeZone }: OwnSettings,
): Promise<void> {
  const actor = { kind: 'member', id: personId } as const;
  const viewId = `0000000${chance.below(3)}-0000-4000-8000-000000000000`;
  await append(
    personStream(personId),
    [{ type: 'PersonSettingsChanged', data: { timeZone, singleKeys: chance.fraction() < 0.5 } }],
    { actor },
  );
  const views = chance.pick<readonly ProductDraft[]>([
    [
      { type: 'ViewSaved', data: { viewId, name: `View ${chance.below(9)}`, query: 'bucket=failed' } },
      { type: 'DefaultViewChosen', data: { viewId } },
    ],
    [{ type: 'ViewSaved', data: { viewId, name: 'Mine', query: 'initiator=me' } }],
    [{ type: 'ViewRemoved', data: { viewId } }],
  ]);
  await append(memberStream(tenantId, personId), views, { tenantId, actor });
}

interface OwnSettings {
  readonly chance: EventBuilder['chance'];
  readonly tenantId: string;
  readonly personId: string;
  readonly timeZone: string | null;
}

/** Starts a run when none is active, or takes the active one a step further. */
async function moveOperation(
  builder: EventBuilder,
  tenant: Tenant,
  active: Map<string, ActiveRun>,
  runs: { tenantId: string; runId: string; type: string }[],
): Promise<void> {
  const { chance } = builder;
  const { key, type } = chance.pick(tenant.keys);
  const { tenantId } = tenant;
  const run = active.get(key);
  if (!run) {
    const cause = runs.filter((one) => one.tenantId === tenantId).at(-1);
    const runId = await builder.queue(tenantId, key, {
      type,
      title: `Run of ${type}`,
      scope: { key },
      initiator: chance.pick<Initiator>([
        { kind: 'member', personId: chance.pick(tenant.persons) },
        { kind: 'schedule', scheduleId: 'nightly' },
        { kind: 'api', clientId: 'ci' },
      ]),
      total: chance.pick([null, 4, 40]),
      input: {},
      causedBy: cause && chance.fraction() < 0.3 ? { runId: cause.runId, relation: 'started_again' } : null,
      related: cause ? [{ relation: 'baseline', kind: 'run', id: cause.runId, label: 'Baseline' }] : [],
    });
    active.set(key, { tenantId, key, runId, type, started: false, attempt: 0, items: new Map() });
    runs.push({ tenantId, runId, type });
    return;
  }
  if (await moveRun(builder, tenant, run)) active.delete(key);
}

/** Takes a run one step further. Returns whether that was its last step. */
async function moveRun(builder: EventBuilder, tenant: Tenant, run: ActiveRun): Promise<boolean> {
  const { chance } = builder;
  const send = (...drafts: readonly ProductDraft[]) => builder.toRun(run.tenantId, run.runId, ...drafts);
  const roll = chance.fraction();
  if (!run.started) {
    if (roll < 0.05) {
      await send({
        type: 'RunFailed',
        data: { reasonCode: 'dispatch_failed', reason: 'The bus is away.', counts: countsOf(run) },
      });
      return true;
    }
    run.started = true;
    run.attempt += 1;
    await send({ type: 'RunStarted', data: { attempt: run.attempt, worker: `worker-${chance.below(3)}` } });
    return false;
  }
  if (roll < 0.5) await send(...itemsOf(builder, tenant, run));
  else if (roll < 0.56) await send({ type: 'RunTotalSet', data: { total: chance.below(30) } });
  else if (roll < 0.62)
    await send({
      type: 'RunWaiting',
      data: {
        reasonCode: 'graph_throttled',
        until: '2026-02-01T00:00:00.000Z',
        reason: 'Graph asked to wait.',
      },
    });
  else if (roll < 0.68) await send({ type: 'RunProgressNoted', data: { note: `Page ${chance.below(9)}` } });
  else if (roll < 0.73) {
    run.started = false;
    await send({ type: 'RunReleased', data: { attempt: run.attempt, reason: 'The worker stops.' } });
  } else if (roll < 0.78) {
    run.attempt += 1;
    await send({ type: 'RunStarted', data: { attempt: run.attempt, worker: 'worker-9' } });
  } else if (roll < 0.82) await send(repeatsOf(builder, run));
  else {
    await send(endOf(builder, run));
    return true;
  }
  return false;
}

/** Repeats items that an earlier run of the operation recorded. */
function repeatsOf({ chance }: EventBuilder, run: ActiveRun): ProductDraft {
  const first = 1 + run.items.size * 100;
  const items = 1 + chance.below(9);
  for (let n = 0; n < items; n++) run.items.set(`repeated ${first + n}`, 'succeeded');
  const ordinals: [number, number][] = [[first, first + items - 1]];
  return {
    type: 'RunItemsRepeated',
    data: { from: [{ runId: `${run.key}-0`, ordinals }], subjects: [{ type: 'compliance', items }] },
  };
}

/** New items with what they produced, and sometimes one that was recorded before. */
function itemsOf({ chance }: EventBuilder, tenant: Tenant, run: ActiveRun): ProductDraft[] {
  const known = [...run.items.keys()];
  const fresh: string[] = [];
  const items = Array.from({ length: 1 + chance.below(12) }, (): ItemOutcome => {
    const again = known.length > 0 && chance.fraction() < 0.1;
    const itemId = again ? chance.pick(known) : `item-${chance.below(10_000)}`;
    const outcome = chance.pick(['succeeded', 'succeeded', 'succeeded', 'failed', 'skipped'] as const);
    if (!run.items.has(itemId)) {
      run.items.set(itemId, outcome);
      fresh.push(itemId);
    }
    return {
      itemId,
      label: `Policy “${itemId}”`,
      outcome,
      subject: chance.fraction() < 0.5 ? { type: 'configurationPolicies', id: chance.uuid() } : null,
      reasonCode: outcome === 'succeeded' ? null : chance.pick(CODES),
      reason: outcome === 'failed' ? 'Graph answered 403 (Forbidden).' : null,
    };
  });
  const drafts: ProductDraft[] = [];
  if (run.type === 'inventory.sync') {
    const policies = items.map(({ itemId, label }) =>
      observedWith({
        itemId,
        policyType: chance.pick(['settings', 'compliance']),
        policyId: chance.uuid(),
        name: label,
        artifact: chance.hex(HASH_LENGTH),
        contentHash: chance.hex(HASH_LENGTH),
        assignmentsHash: chance.hex(HASH_LENGTH),
        settingCount: chance.below(50),
        sets: SETTINGS.flatMap((_, place) => (chance.fraction() < 0.5 ? place : [])),
        groups: chance.fraction() < 0.5 ? [chance.pick(GROUPS)] : [],
      }),
    );
    const data = { scopeKey: run.key, rulesVersion: 2, policies, settings: SETTINGS, unread: [] };
    drafts.push({ type: 'InventoryItemsObserved', data });
  }
  if (run.type === 'drift.generate') {
    const findings = items.slice(0, 4).map(({ itemId, label }) =>
      findingWith({
        itemId,
        fingerprint: chance.pick(tenant.fingerprints),
        kind: chance.pick(['added', 'removed', 'changed'] as const),
        policyType: 'settings',
        subjectId: chance.uuid(),
        name: label,
        contentHashAfter: chance.hex(HASH_LENGTH),
        evidence: evidenceWith({ settingsAdded: [{ path: 'a/b', label: null, values: ['"x"'] }] }),
      }),
    );
    const { runId } = run;
    drafts.push({
      type: 'FindingsDetected',
      data: { scopeKey: run.key, baselineRunId: runId, currentRunId: runId, rulesVersion: 2, findings },
    });
    drafts.push({
      type: 'ConnectionChecked',
      data: { credentialId: null, roles: ['DeviceManagementConfiguration.Read.All'], consentAddress: null },
    });
  }
  if (run.type === 'restore.preview') {
    const planned = fresh.slice(0, 3);
    if (planned.length > 0) drafts.push(plannedFor(chance, planned));
  }
  if (run.type === 'restore.execute' && fresh.length > 0) drafts.push(...appliedFor(fresh.slice(0, 3)));
  return [...drafts, { type: 'RunItemsRecorded', data: { items } }];
}

function endOf({ chance }: EventBuilder, run: ActiveRun): ProductDraft {
  const counts = countsOf(run);
  const roll = chance.fraction();
  if (roll < 0.75) {
    const related = [{ relation: 'produced', kind: 'inventory', id: run.key, label: 'Inventory' } as const];
    return { type: 'RunCompleted', data: { counts, related, summary: `${counts.processed} items` } };
  }
  const type = roll < 0.9 ? 'RunFailed' : 'RunAborted';
  const reasonCode = type === 'RunFailed' ? 'unexpected' : 'worker_lost';
  return { type, data: { reasonCode, reason: 'It did not go well.', counts } };
}

function countsOf(run: ActiveRun): Counts {
  const counts = { succeeded: 0, failed: 0, skipped: 0 };
  for (const outcome of run.items.values()) counts[outcome] += 1;
  const processed = run.items.size;
  return { total: processed, processed, ...counts };
}
