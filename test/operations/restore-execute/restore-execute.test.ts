import t from 'tap';
import { readBackupSet } from '../../../src/entities/backup-set/read-backup-set.js';
import { restoreExecute } from '../../../src/operations/restore-execute/restore-execute.js';
import { tenantStream } from '../../../src/tenancy/tenant-events.js';
import { capturedSet, catalogPolicies } from '../../support/captured-set.js';
import { BED_TENANT, type BedRun } from '../../support/operation-bed.js';

/**
 * Goal: a restore makes exactly the changes that its preview listed. The simulated Graph's log of requests shows
 * them.
 */

async function damaged(t: Parameters<typeof capturedSet>[0]) {
  const set = await capturedSet(t, catalogPolicies(4));
  await set.bed.builder.append(
    tenantStream(BED_TENANT),
    [{ type: 'TenantRegistered', data: { slug: 'contoso', name: 'Contoso' } }],
    { tenantId: BED_TENANT },
  );
  const [, changed = '', gone = ''] = set.ids;
  await set.change(changed, { description: 'changed in the tenant' });
  await set.remove(gone);
  const execute = (preview: BedRun, dryRun: boolean) =>
    set.bed.run(restoreExecute, {
      previewRunId: preview.runId,
      dryRun,
      ...(dryRun ? {} : { tenantName: 'Contoso' }),
    });
  return { ...set, changed, execute };
}

const outcomesOf = ({ items }: BedRun) =>
  items.map(({ label, outcome, reasonCode }) => [label, outcome, reasonCode]).sort();

t.test('a dry run reports the planned changes and writes nothing', async (t) => {
  const { execute, preview, writesSoFar } = await damaged(t);
  const previewed = await preview();
  const before = writesSoFar();
  const run = await execute(previewed, true);
  t.equal(writesSoFar(), before, 'Graph was asked to write nothing');
  t.same(outcomesOf(run), [
    ['Policy 0', 'skipped', 'unchanged'],
    ['Policy 1', 'succeeded', null],
    ['Policy 2', 'succeeded', null],
    ['Policy 3', 'skipped', 'unchanged'],
  ]);
  t.equal(run.summary, '2 policies would be written, 2 left');
});

t.test(
  'a live restore makes the previewed changes and keeps the earlier state; a second one writes nothing',
  async (t) => {
    const { client, execute, preview, changed, bed, writesSoFar, simulator } = await damaged(t);
    const previewed = await preview();
    const from = simulator.requests().length;
    const run = await execute(previewed, false);
    t.same(outcomesOf(run), [
      ['Policy 0', 'skipped', 'unchanged'],
      ['Policy 1', 'succeeded', null],
      ['Policy 2', 'succeeded', null],
      ['Policy 3', 'skipped', 'unchanged'],
    ]);
    const written = simulator
      .requests()
      .slice(from)
      .filter(({ method, path }) => method !== 'GET' && !path.endsWith('$batch'));
    const planned = previewed.events.flatMap((event) =>
      event.type === 'RestorePlanned' ? event.data.policies : [],
    );
    t.equal(
      written.length,
      planned.reduce((sum, { writes }) => sum + writes, 0),
      'as many requests as the preview said',
    );
    t.equal(
      (await client.get(`deviceManagement/configurationPolicies/${changed}`)).description ?? null,
      null,
    );

    const related = run.events.at(-1);
    const link = related?.type === 'RunCompleted' ? related.data.related[0] : undefined;
    t.match(link, { relation: 'produced', kind: 'backup_set' });
    const undo = await readBackupSet(bed.builder.ledger, BED_TENANT, link?.id ?? '');
    t.match(undo, {
      name: 'Before the restore of Before the change',
      origin: { kind: 'restore', runId: run.runId },
    });
    t.equal(undo?.items.size, 1, 'only the policy that was there and changed');

    const again = await preview();
    t.same(
      again.items.map(({ reasonCode }) => reasonCode),
      ['unchanged', 'unchanged', 'unchanged', 'unchanged'],
      'nothing is left to write',
    );
    const writes = writesSoFar();
    const repeated = await bed
      .run(restoreExecute, { previewRunId: again.runId, dryRun: false, tenantName: 'Contoso' })
      .catch((error: Error) => error.message);
    t.ok(repeated, 'a preview with nothing to write may be refused or write nothing');
    t.equal(writesSoFar(), writes);
  },
);

t.test('policies that changed after the preview are not written', async (t) => {
  const { change, changed, client, execute, preview, writesSoFar } = await damaged(t);
  const previewed = await preview();
  await change(changed, { description: 'changed once more' });
  await client.write('POST', 'deviceManagement/configurationPolicies', {
    name: 'Policy 2',
    platforms: 'windows10',
    technologies: 'mdm',
    settings: [],
  });
  const before = writesSoFar();
  const run = await execute(previewed, false);
  t.same(outcomesOf(run), [
    ['Policy 0', 'skipped', 'unchanged'],
    ['Policy 1', 'failed', 'changed_since_preview'],
    ['Policy 2', 'failed', 'changed_since_preview'],
    ['Policy 3', 'skipped', 'unchanged'],
  ]);
  t.equal(writesSoFar(), before, 'nothing was written');
});

t.test('a start without permission or preconditions is refused with a sentence', async (t) => {
  const { bed, preview } = await damaged(t);
  const previewed = await preview();
  const { ledger, clock } = bed.builder;
  const plan = async (input: object, now = clock.now()) =>
    restoreExecute.plan(
      restoreExecute.input.parse({ previewRunId: previewed.runId, dryRun: true, ...input }),
      {
        ledger,
        tenantId: BED_TENANT,
        connected: true,
        now,
        allowsIn: () => false,
      },
    );
  t.match(await plan({}), { plan: { scope: { previewRunId: previewed.runId } } });
  const live = { dryRun: false, tenantName: 'Contoso' };
  t.match(await plan(live), { plan: { scope: { live: true } } }, 'one live restore at a time in a tenant');
  t.match(await plan({ ...live, tenantName: 'contoso' }), { refusal: { code: 'tenant_name_differs' } });
  t.match(await plan(live, clock.now() + 25 * 3_600_000), { refusal: { code: 'preview_outdated' } });
  const other = `${'0'.repeat(32)}-0`;
  t.match(await plan({ previewRunId: other }), { refusal: { code: 'preview_missing' } });
  t.equal(restoreExecute.capability({ previewRunId: other, dryRun: true }), 'runs.start');
  t.equal(restoreExecute.capability({ previewRunId: other, dryRun: false }), 'restores.start_live');
  t.equal(restoreExecute.waitLimitMs, 2 * 3_600_000, 'a live restore waits at most two hours for a worker');
});
