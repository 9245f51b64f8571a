import { backupSetEntity } from '../../src/entities/backup-set/backup-set.js';
import { undoSetIdOf } from '../../src/operations/restore-execute/undo-set-id.js';
import { type PlannedPolicy, RESTORE_ACTIONS } from '../../src/operations/restore-preview/restore-events.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import type { ItemOutcome } from '../../src/runs/run-events.js';
import { changeWith, evidenceWith } from './finding-builder.js';
import { completed, itemOf } from './hub-scenario.js';
import type { HubSite } from './hub-site.js';

const PREVIEWED_SET = '5e700000-0000-4000-8000-000000000001';

/** The plan of a policy that would be changed, with the given fields instead of the defaults. */
export function plannedWith(plan: Pick<PlannedPolicy, 'itemId'> & Partial<PlannedPolicy>): PlannedPolicy {
  return {
    snapshot: `${plan.itemId}-0`,
    policyType: 'configurationPolicies',
    policyId: 'p',
    name: 'A policy',
    action: 'update',
    liveId: 'p',
    liveHashes: null,
    rank: 100,
    writes: 1,
    limits: [],
    references: [],
    evidence: null,
    ...plan,
  };
}

/** The warning of a conditional access policy. */
const IN_FORCE = {
  kind: 'in_force_at_once',
  field: 'state',
  blocks: false,
  reason: 'It is in force as soon as it is written, and blocks the sign-in of all users.',
};

/** One policy of each action; the blocked one refers to an unknown group, the changed one has evidence. */
export const ONE_OF_EACH: readonly PlannedPolicy[] = RESTORE_ACTIONS.map((action, index) =>
  plannedWith({
    itemId: String(index).repeat(32),
    name: `Win - OIB - ${action}`,
    action,
    writes: ['create', 'update', 'recreated'].includes(action) ? index + 1 : 0,
    ...(action === 'blocked' && {
      limits: [
        {
          kind: 'unknown_reference',
          field: 'assignments',
          reason: 'It refers to a group that isn’t mapped to one of this tenant.',
          blocks: true,
        },
      ],
      references: [
        {
          kind: 'group',
          id: 'g-1',
          name: 'SEC-Laptops-Berlin',
          nameHash: null,
          becomes: null,
          resolution: 'missing' as const,
        },
      ],
    }),
    ...(action === 'recreated' && { limits: [IN_FORCE] }),
    ...(action === 'create' && {
      limits: [
        {
          kind: 'second_of_name',
          field: 'name',
          blocks: false,
          reason: 'It would be a second one of that name.',
        },
      ],
    }),
    ...(action === 'update' && {
      evidence: evidenceWith({
        settingsChanged: [
          changeWith({ path: 'device_vendor_msft_policy/minimumpinlength', before: ['6'], after: ['8'] }),
        ],
      }),
    }),
  }),
);

const PREVIEWED_DIRECTORY = { baseUrl: 'http://127.0.0.1:9', directoryId: null };

/** Writes a preview of a restore that has ended. Resolves to its run's id. */
export async function writePreview(
  { builder }: Pick<HubSite, 'builder'>,
  tenantId: string,
  policies: readonly PlannedPolicy[] = ONE_OF_EACH,
  {
    setId = PREVIEWED_SET,
    notPlanned = [],
    sourceTenantId,
  }: {
    readonly setId?: string;
    /** Items that failed before they were planned. */
    readonly notPlanned?: readonly ItemOutcome[];
    /** The tenant of the set, where it is another one. */
    readonly sourceTenantId?: string;
  } = {},
): Promise<string> {
  const runId = await builder.queue(tenantId, builder.chance.hex(32), {
    type: 'restore.preview',
    title: 'Restore preview of “Before the change”',
    context: { setId, ...(sourceTenantId !== undefined && { sourceTenantId }) },
  });
  const planned = policies.map(({ itemId, name }) => ({ ...itemOf(name, 'succeeded'), itemId }));
  const items = [...planned, ...notPlanned];
  await builder.toRun(
    tenantId,
    runId,
    { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
    ...partsOf(policies).map(
      (part): ProductDraft => ({
        type: 'RestorePlanned',
        data: { setId, rulesVersion: 3, directory: PREVIEWED_DIRECTORY, policies: part },
      }),
    ),
    { type: 'RunItemsRecorded', data: { items } },
    completed(items, 'Planned'),
  );
  return runId;
}

/** Plans in parts that fit into an event. */
function partsOf(policies: readonly PlannedPolicy[]): PlannedPolicy[][] {
  const size = 100;
  return Array.from({ length: Math.ceil(policies.length / size) }, (_, part) =>
    policies.slice(part * size, (part + 1) * size),
  );
}

/** Writes the set of what a restore has overwritten. */
async function keepForUndo({ builder }: Pick<HubSite, 'builder'>, tenantId: string, runId: string) {
  const options = { includeAssignments: true, includeScopeTags: true };
  const items = [{ snapshot: `${'a'.repeat(32)}-3`, bytes: 100, withheld: 0 }];
  await builder.append(
    backupSetEntity.stream(tenantId, undoSetIdOf(runId)),
    [
      { type: 'BackupSetCreated', data: { name: 'As it was before', origin: { kind: 'restore', runId } } },
      { type: 'BackupItemsAdded', data: { options, items } },
    ],
    { tenantId },
  );
}

/** An intent or outcome of the restores below. */
const effect = (itemId: string, action: string, index: number) => ({
  itemId,
  action,
  tryNumber: 1,
  clientRequestId: `c1000000-0000-4000-8000-00000000000${index}`,
});
const details = (before: string) => ({
  method: 'PATCH',
  path: 'deviceManagement/configurationPolicies/p',
  of: 1,
  before,
  plannedAt: 0,
});
const settled = { lookedUp: false, result: { id: 'p' }, reasonCode: null, reason: null };

/**
 * A live restore of ONE_OF_EACH that ended early: the policy to update was changed, and what became of the request that
 * creates one is not recorded. Resolves to its run's id.
 */
export async function writeEndedRestore(
  site: Pick<HubSite, 'builder'>,
  tenantId: string,
  previewRunId: string,
): Promise<string> {
  const { builder } = site;
  const total = ONE_OF_EACH.length;
  const runId = await builder.queue(tenantId, builder.chance.hex(32), {
    type: 'restore.execute',
    title: 'Restore of Before the change',
    context: { previewRunId, dryRun: false },
    total,
  });
  const [created, updated] = ONE_OF_EACH.map(({ itemId }) => itemId);
  const update = effect(updated ?? '', 'update', 1);
  await keepForUndo(site, tenantId, runId);
  await builder.toRun(
    tenantId,
    runId,
    { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
    { type: 'EffectIntended', data: { ...update, details: details(`${updated}-3`) } },
    { type: 'EffectSettled', data: { ...update, outcome: 'applied', ...settled } },
    {
      type: 'EffectIntended',
      data: { ...effect(created ?? '', 'create', 2), details: { ...details(''), before: null } },
    },
    {
      type: 'RunFailed',
      data: {
        reasonCode: 'connection_replaced',
        reason: 'The tenant was connected to another directory after the preview.',
        counts: { total, processed: 0, succeeded: 0, failed: 0, skipped: 0 },
      },
    },
  );
  return runId;
}

/** A live restore that has ended: one policy was changed, the other one refused. Resolves to its run's id. */
export async function writeRestore(
  site: Pick<HubSite, 'builder'>,
  tenantId: string,
  previewRunId: string,
): Promise<string> {
  const { builder } = site;
  const runId = await builder.queue(tenantId, builder.chance.hex(32), {
    type: 'restore.execute',
    title: 'Restore of “Before the change”',
    context: { previewRunId, dryRun: false },
  });
  const [changed, refused] = ['a'.repeat(32), 'b'.repeat(32)];
  const refusal = {
    reasonCode: 'validation_failed',
    reason: 'Graph answered 400 because of “platforms”: PATCH',
  };
  const items = [
    { ...itemOf('Changed policy', 'succeeded'), itemId: changed },
    { ...itemOf('Refused policy', 'failed'), itemId: refused, ...refusal },
    ...['c', 'd', 'e'].map((key) => ({ ...itemOf(`Left policy ${key}`, 'skipped'), itemId: key.repeat(32) })),
    ...['1', '2', '3'].map((key) => ({
      ...itemOf(`Without secret ${key}`, 'failed', 'Graph withheld the secret.'),
      itemId: key.repeat(32),
    })),
  ];
  await builder.toRun(
    tenantId,
    runId,
    { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
    { type: 'EffectIntended', data: { ...effect(changed, 'update', 1), details: details(`${changed}-3`) } },
    { type: 'EffectSettled', data: { ...effect(changed, 'update', 1), outcome: 'applied', ...settled } },
    { type: 'EffectIntended', data: { ...effect(refused, 'update', 2), details: details(`${changed}-3`) } },
    {
      type: 'EffectSettled',
      data: { ...effect(refused, 'update', 2), outcome: 'ambiguous', ...settled, result: null },
    },
    {
      type: 'RestoreApplied',
      data: {
        dryRun: false,
        policies: [
          {
            itemId: changed,
            policyType: 'configurationPolicies',
            policyId: 'p',
            name: 'Changed policy',
            action: 'updated',
            liveId: 'p',
            writes: 1,
            before: `${changed}-3`,
          },
        ],
      },
    },
    { type: 'RunItemsRecorded', data: { items } },
    completed(items, 'Restored'),
  );
  await keepForUndo(site, tenantId, runId);
  return runId;
}
