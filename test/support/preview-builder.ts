import { type PlannedPolicy, RESTORE_ACTIONS } from '../../src/operations/restore-preview/restore-events.js';
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
          fate: 'missing' as const,
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

/** A preview of a restore that has ended. Resolves to its run's id. */
export async function writePreview(
  { builder }: Pick<HubSite, 'builder'>,
  tenantId: string,
  policies: readonly PlannedPolicy[] = ONE_OF_EACH,
  setId = PREVIEWED_SET,
): Promise<string> {
  const runId = await builder.queue(tenantId, builder.chance.hex(32), {
    type: 'restore.preview',
    title: 'Restore preview of Before the change',
    context: { setId },
  });
  const items = policies.map(({ itemId, name }) => ({ ...itemOf(name, 'succeeded'), itemId }));
  await builder.toRun(
    tenantId,
    runId,
    { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
    {
      type: 'RestorePlanned',
      data: { setId, rulesVersion: 3, policies: [...policies] },
    },
    { type: 'RunItemsRecorded', data: { items } },
    completed(items, 'Planned'),
  );
  return runId;
}
