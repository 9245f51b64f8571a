import { policyEntity, policyKeyOf } from '../../src/entities/policy/policy.js';
import type { JsonObject } from '../../src/ledger/canonical-json.js';
import { policyTypeNamed } from '../../src/policies/catalogue/policy-types.js';
import { COMPARING_RULES } from '../../src/policies/hash-inputs.js';
import { encodeStoredPolicy } from '../../src/policies/stored-policy.js';
import { encodeReferences } from '../../src/snapshots/kept-references.js';
import { EVENT_SAMPLES } from './event-samples.js';
import { observedWith } from './finding-builder.js';
import type { HubSite, SiteTenant } from './hub-site.js';

const POLICY_TYPE = 'deviceConfigurations';
const POLICY_ID = '0b0b0b0b-0000-4000-8000-000000000001';
const GROUP_ID = '0a0a0a0a-0000-4000-8000-000000000001';
const FILTER_ID = '0a0a0a0a-0000-4000-8000-000000000003';
const NAME = 'Wi-Fi for Berlin';
/** The secret in the policy, which no page may show. */
export const KEPT_SECRET = 'Sommer2026!Geheim';

/** A policy with real content in two versions, of which the first has a snapshot. */
export interface KeptPolicy {
  readonly policyKey: string;
  readonly policyType: string;
  readonly policyId: string;
  readonly inventories: readonly [string, string];
}

/** Writes the inventories and the snapshot of such a policy. */
export async function writeKeptPolicy(site: HubSite, { tenantId }: SiteTenant): Promise<KeptPolicy> {
  const { builder, artifacts } = site;
  const { chance } = builder;
  const type = policyTypeNamed(POLICY_TYPE);
  if (!type) throw new TypeError('the catalogue lacks a type');
  const policyKey = policyKeyOf(tenantId, POLICY_TYPE, POLICY_ID);
  const put = (raw: JsonObject) =>
    artifacts.put(tenantId, encodeStoredPolicy(type, { raw, settings: null, assignments: [assignment] }));

  async function inventory(artifact: string, contentHash: string): Promise<string> {
    const runId = await builder.queue(tenantId, chance.hex(32));
    const itemId = `${POLICY_TYPE}/${POLICY_ID}`;
    const facts = { policyType: POLICY_TYPE, policyId: POLICY_ID, name: NAME, artifact, contentHash };
    const succeeded = { outcome: 'succeeded', reasonCode: null, reason: null } as const;
    await builder.toRun(
      tenantId,
      runId,
      { type: 'RunStarted', data: { attempt: 1, worker: 'worker w-2' } },
      {
        type: 'RunItemsRecorded',
        data: {
          items: [
            { ...succeeded, itemId, label: NAME, subject: { type: POLICY_TYPE, id: POLICY_ID } },
            { ...succeeded, itemId: POLICY_TYPE, label: type?.label ?? '', subject: null },
          ],
        },
      },
      {
        type: 'InventoryItemsObserved',
        data: {
          scopeKey: 'ab'.repeat(16),
          rulesVersion: COMPARING_RULES,
          settings: [],
          unread: [],
          policies: [observedWith({ ...facts, itemId, settingCount: 3 })],
        },
      },
      {
        type: 'RunCompleted',
        data: {
          counts: { total: 2, processed: 2, succeeded: 2, failed: 0, skipped: 0 },
          related: [],
          summary: '1 policy read',
        },
      },
    );
    return runId;
  }

  const artifact = await put(wifi('Office', KEPT_SECRET));
  const first = await inventory(artifact, '1'.repeat(64));
  const references = await artifacts.put(
    tenantId,
    encodeReferences([
      { kind: 'group', id: GROUP_ID, name: 'Laptops Berlin', unnamed: null },
      { kind: 'assignment_filter', id: FILTER_ID, name: 'Corporate', unnamed: null },
    ]),
  );
  const runId = await builder.queue(tenantId, chance.hex(32), {
    type: 'policy.capture_snapshot',
    title: `Snapshot of “${NAME}”`,
    related: [{ relation: 'policy', kind: 'policy', id: policyKey, label: NAME }],
  });
  const captured = {
    ...EVENT_SAMPLES.SnapshotCaptured,
    policyType: POLICY_TYPE,
    policyId: POLICY_ID,
    name: NAME,
    artifact,
    references,
    contentHash: '1'.repeat(64),
    assignmentsHash: 'a'.repeat(64),
    rulesVersion: COMPARING_RULES,
  };
  await builder.append(
    policyEntity.stream(tenantId, policyKey),
    [{ type: 'SnapshotCaptured', data: captured }],
    { tenantId, runId },
  );
  const second = await inventory(await put(wifi('Guests', `${KEPT_SECRET}2`)), '2'.repeat(64));
  return { policyKey, policyType: POLICY_TYPE, policyId: POLICY_ID, inventories: [first, second] };
}

const wifi = (ssid: string, preSharedKey: string): JsonObject => ({
  '@odata.type': '#microsoft.graph.windowsWifiConfiguration',
  id: POLICY_ID,
  displayName: NAME,
  ssid,
  preSharedKey,
  connectAutomatically: true,
});

const assignment = {
  id: 'a',
  target: {
    '@odata.type': '#microsoft.graph.groupAssignmentTarget',
    groupId: GROUP_ID,
    deviceAndAppManagementAssignmentFilterId: FILTER_ID,
    deviceAndAppManagementAssignmentFilterType: 'include',
  },
};
