import t from 'tap';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { readSnapshot } from '../../../src/snapshots/read-snapshot.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { BED_TENANT } from '../../support/filling-bed.js';
import { createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: a restore writes nothing for a policy whose kept version is gone or can't be read, also when it is the version
 * that the restore would overwrite, and goes on with the others. Method: real claims of real runs on one tenant, with
 * contents that are removed or that can't be decrypted. The simulator's log of requests is compared.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const POLICIES = Array.from(
  { length: 3 },
  (_, index): GraphObject => ({
    ...catalogPolicy(index),
    platforms: 'windows10',
    technologies: 'mdm',
    description: 'as it was',
  }),
);
const nameOf = (index: number) => `Policy ${index}`;

function damage({ state }: RestoreBed): void {
  for (const policy of POLICIES) state.put(CATALOG, { ...policy, description: 'damaged' });
}

/** The address of the content of a policy's newest snapshot. */
function contentOf(bed: RestoreBed, name: string): string {
  const captured = bed
    .events('SnapshotCaptured')
    .map(({ data }) => data as { name: string; artifact: string });
  const address = captured.findLast((snapshot) => snapshot.name === name)?.artifact;
  if (address === undefined) throw new Error(`no snapshot of ${name}`);
  return address;
}

/** A bed whose contents can be removed, or replaced by bytes that can't be decrypted. */
async function damagedTenant(t: Parameters<typeof createRestoreBed>[0]) {
  const bed = await createRestoreBed(t, new Map([[CATALOG, POLICIES]]));
  const { unreadable } = bed.artifacts;
  damage(bed);
  const restore = async (previewRunId: string) => {
    const from = bed.lastRequest();
    const run = await bed.queue(previewRunId);
    await bed.attempt(run);
    const items = (await bed.items(run)).map(({ label, outcome, reasonCode }) => [
      label,
      outcome,
      reasonCode,
    ]);
    return { items: items.sort(), written: bed.writes(from).map(({ path }) => path.split('/').at(-1)) };
  };
  const idOf = (index: number) => String(POLICIES[index]?.id);
  return { bed, restore, unreadable, idOf };
}

t.test('a kept version that is gone or can’t be decrypted fails its item alone', async (t) => {
  const { bed, restore, unreadable, idOf } = await damagedTenant(t);
  const { runId } = await bed.preview();
  bed.artifacts.stored.delete(contentOf(bed, nameOf(0)));
  unreadable.add(contentOf(bed, nameOf(1)));
  const expected = [
    [nameOf(0), 'failed', 'artifact_missing'],
    [nameOf(1), 'failed', 'artifact_missing'],
    [nameOf(2), 'succeeded', null],
  ];
  const dryRun = await bed.queue(runId, true);
  await bed.attempt(dryRun);
  t.same(
    (await bed.items(dryRun)).map(({ label, outcome, reasonCode }) => [label, outcome, reasonCode]).sort(),
    expected,
    'a dry run says the same',
  );
  const { items, written } = await restore(runId);
  t.same(items, expected);
  t.same(written, [idOf(2)], 'one request, and none for the others');
  const again = await bed.preview();
  t.same(
    again.planned.map(({ name, action }) => [name, action]),
    [[nameOf(2), 'leave']],
    'the next preview has no plan for them',
  );
});

t.test('nothing is overwritten that can’t be brought back', async (t) => {
  const { bed, restore, unreadable, idOf } = await damagedTenant(t);
  const all = POLICIES.map((_, index) => idOf(index)).sort();
  t.same((await restore((await bed.preview()).runId)).written.sort(), all);
  // What is overwritten now was kept by the first restore, and that content is lost since.
  damage(bed);
  const [gone = '', broken = '', beyond = ''] = POLICIES.map((_, index) => contentOf(bed, nameOf(index)));
  bed.artifacts.stored.delete(gone);
  unreadable.add(broken);
  unreadable.add(beyond);
  const { put } = bed.artifacts;
  bed.artifacts.put = async (tenantId, body) => {
    const address = await put(tenantId, body);
    if (address === beyond) unreadable.add(beyond);
    return address;
  };
  const { items, written } = await restore((await bed.preview()).runId);
  t.same(items, [
    [nameOf(0), 'succeeded', null],
    [nameOf(1), 'succeeded', null],
    [nameOf(2), 'failed', 'artifact_missing'],
  ]);
  t.same(written.sort(), [idOf(0), idOf(1)].sort());
  const kept = bed
    .events('BackupItemsAdded')
    .flatMap(({ data }) => (data as { items: { snapshot: string }[] }).items);
  const last = await Promise.all(
    kept
      .slice(-2)
      .map(async (item) => (await readSnapshot(bed, BED_TENANT, item.snapshot))?.policy.raw.description),
  );
  t.same(last, ['damaged', 'damaged'], 'the versions that were lost are kept again');
});
