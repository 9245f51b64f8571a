import { backupSetEntity } from '../../src/entities/backup-set/backup-set.js';
import { policyEntity, policyKeyOf, snapshotIdOf } from '../../src/entities/policy/policy.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import { completed, itemOf } from './hub-scenario.js';
import type { HubSite, SiteTenant } from './hub-site.js';

/**
 * Writes a backup set of policies into a tenant: the first with withheld secrets, and another that could not be read.
 * Returns the set's id.
 */
export async function writeBackupSet(
  site: HubSite,
  { tenantId, persons }: SiteTenant,
  name = 'Before the new Wi-Fi',
  policies: readonly string[] = ['Wi-Fi', 'VPN', 'E-mail'],
): Promise<string> {
  const { builder } = site;
  const { chance } = builder;
  const setId = chance.uuid();
  const stream = backupSetEntity.stream(tenantId, setId);
  const by = { tenantId, actor: { kind: 'member', id: persons.operator } } as const;
  await builder.append(
    stream,
    [{ type: 'BackupSetCreated', data: { name, origin: { kind: 'person' } } }],
    by,
  );
  const runId = await builder.queue(tenantId, chance.hex(32), {
    type: 'backup_set.add_policies',
    title: `Backup of 4 policies into “${name}”`,
    total: 4,
    input: { setId, choice: { from: 'tenant', policyTypes: ['deviceConfigurations'] } },
    initiator: { kind: 'member', personId: persons.operator },
    related: [{ relation: 'fills', kind: 'backup_set', id: setId, label: name }],
  });
  await builder.toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w-1' } });
  const worker = { tenantId, runId, actor: { kind: 'worker', id: 'w-1' } } as const;
  const items = policies.map((policy) => itemOf(policy, 'succeeded'));
  const added = [];
  for (const [index, { label, subject }] of items.entries()) {
    const policyKey = policyKeyOf(tenantId, subject?.type ?? '', subject?.id ?? '');
    const withheld =
      index === 0
        ? { count: 2, places: ['wifi/preSharedKey', 'wifi/proxyPassword'] }
        : { count: 0, places: [] };
    const captured: ProductDraft = {
      type: 'SnapshotCaptured',
      data: {
        policyType: subject?.type ?? '',
        policyId: subject?.id ?? '',
        name: label,
        nameHash: chance.hex(64),
        artifact: chance.hex(64),
        contentHash: chance.hex(64),
        assignmentsHash: chance.hex(64),
        rulesVersion: 2,
        references: null,
        withheld,
        bytes: 4_096 * (index + 1),
      },
    };
    await builder.append(policyEntity.stream(tenantId, policyKey), [captured], worker);
    added.push({
      snapshot: snapshotIdOf(policyKey, 0),
      bytes: 4_096 * (index + 1),
      withheld: withheld.count,
    });
  }
  const options = { includeAssignments: true, includeScopeTags: false };
  await builder.append(stream, [{ type: 'BackupItemsAdded', data: { options, items: added } }], worker);
  const all = [...items, itemOf('Certificates', 'failed')];
  await builder.toRun(
    tenantId,
    runId,
    { type: 'RunItemsRecorded', data: { items: all } },
    completed(all, '3 policies added, 1 not readable'),
  );
  await site.settle();
  return setId;
}
