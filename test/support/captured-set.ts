import type { Test } from 'tap';
import { backupSetEntity } from '../../src/entities/backup-set/backup-set.js';
import type { GraphContent } from '../../src/graph/simulator/tenant-state.js';
import type { JsonObject } from '../../src/ledger/canonical-json.js';
import { policyCaptureSnapshot } from '../../src/operations/policy-capture-snapshot/policy-capture-snapshot.js';
import { restorePreview } from '../../src/operations/restore-preview/restore-preview.js';
import { catalogPolicy, simulatorAndClient } from '../graph/simulator-and-client.js';
import { BED_TENANT, createOperationBed } from './operation-bed.js';

export const SET = '5e700000-0000-4000-8000-000000000001';
export const POLICIES = 'deviceManagement/configurationPolicies';
const policyType = 'configurationPolicies';

export const PLATFORM = { platforms: 'windows10', technologies: 'mdm' };

/** This many settings catalog policies. */
export const catalogPolicies = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...catalogPolicy(index), ...PLATFORM }));

/** A tenant with policies, all of them captured into one backup set. */
export async function capturedSet(
  t: Test,
  policies: readonly ReturnType<typeof catalogPolicy>[],
  more: GraphContent = new Map(),
) {
  const { simulator, client } = await simulatorAndClient(t, {
    content: new Map([...more, [POLICIES, policies.map((policy) => structuredClone(policy))]]),
  });
  const bed = createOperationBed(client);
  const ids = policies.map(({ id }) => String(id));
  const items: { snapshot: string; bytes: number; withheld: number }[] = [];
  for (const policyId of ids) {
    const captured = await bed.run(policyCaptureSnapshot, { policyType, policyId });
    const last = captured.events.at(-1);
    const link = last?.type === 'RunCompleted' ? last.data.related[0] : undefined;
    items.push({ snapshot: link?.id ?? '', bytes: 1, withheld: 0 });
  }
  await bed.builder.append(
    backupSetEntity.stream(BED_TENANT, SET),
    [
      { type: 'BackupSetCreated', data: { name: 'Before the change', origin: { kind: 'person' } } },
      {
        type: 'BackupItemsAdded',
        data: { options: { includeAssignments: true, includeScopeTags: true }, items },
      },
    ],
    { tenantId: BED_TENANT },
  );
  const change = (policyId: string, body: JsonObject) =>
    client.write('PATCH', `${POLICIES}/${policyId}`, body);
  const remove = (policyId: string) => client.write('DELETE', `${POLICIES}/${policyId}`, undefined);
  const preview = (input: object = {}) => bed.run(restorePreview, { setId: SET, ...input });
  const writesSoFar = () =>
    simulator.requests().filter(({ method, path }) => method !== 'GET' && !path.endsWith('$batch')).length;
  return { simulator, client, bed, ids, change, remove, preview, writesSoFar };
}
