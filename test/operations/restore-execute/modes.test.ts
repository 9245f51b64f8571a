import t from 'tap';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: each mode of a restore writes what its preview says and no more, also after a crash. Method: real claims of real
 * runs on one tenant. The simulator's log of requests and its policies are compared.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const PROFILES = 'deviceManagement/deviceConfigurations';
const [kept, gone, other] = [0, 1, 2].map(
  (index): GraphObject => ({
    ...catalogPolicy(index),
    platforms: 'windows10',
    technologies: 'mdm',
    description: 'as it was',
  }),
);
if (!kept || !gone || !other) throw new Error('three policies');

const nameOf = ({ name }: GraphObject) => String(name);
const policiesOf = ({ state }: RestoreBed, path = CATALOG) => state.page(path, 0, 100).entities;
const linesOf = (bed: RestoreBed, from: number) =>
  bed
    .writes(from)
    .map(({ method, path }) => `${method} ${path.replace(/\/[0-9a-f]{8}-[0-9a-f-]+/g, '/<id>')}`);
const outcomesOf = async (bed: RestoreBed, runId: string) =>
  (await bed.items(runId)).map(({ label, outcome, reasonCode }) => [label, outcome, reasonCode]).sort();

/** One policy is changed, one is gone, and one is as it was. */
function damage({ state }: RestoreBed): void {
  for (const { id } of policiesOf({ state } as RestoreBed)) state.remove(CATALOG, String(id));
  state.put(CATALOG, { ...kept, description: 'changed' });
  state.put(CATALOG, { ...other });
}

t.test('each mode writes what it says', async (t) => {
  const bed = await createRestoreBed(t, new Map([[CATALOG, [kept, gone, other]]]));

  await t.test('missing creates deleted policies, and nothing the second time', async (t) => {
    damage(bed);
    const before = policiesOf(bed);
    const { runId } = await bed.preview({ mode: 'missing' });
    const from = bed.lastRequest();
    const restore = await bed.queue(runId);
    await bed.attempt(restore);
    t.same(linesOf(bed, from), [`POST ${CATALOG}`, `POST ${CATALOG}/<id>/assign`]);
    t.same(policiesOf(bed).slice(0, 2), before, 'existing policies are unchanged');
    t.same(policiesOf(bed).map(nameOf), ['Policy 0', 'Policy 2', 'Policy 1']);
    t.same(await outcomesOf(bed, restore), [
      ['Policy 0', 'skipped', 'already_there'],
      ['Policy 1', 'succeeded', null],
      ['Policy 2', 'skipped', 'already_there'],
    ]);

    const written = bed.lastRequest();
    const again = await bed.queue(runId);
    await bed.attempt(again);
    t.same(await outcomesOf(bed, again), [
      ['Policy 0', 'skipped', 'already_there'],
      ['Policy 1', 'failed', 'changed_since_preview'],
      ['Policy 2', 'skipped', 'already_there'],
    ]);
    const { planned, runId: nothing } = await bed.preview({ mode: 'missing' });
    t.same(
      planned.map(({ action }) => action),
      ['leave', 'leave', 'leave'],
    );
    await bed.attempt(await bed.queue(nothing));
    t.same(linesOf(bed, written), [], 'neither the same preview nor a new one writes anything');
  });

  await t.test('copy creates a copy of each policy and keeps the existing ones', async (t) => {
    damage(bed);
    const before = policiesOf(bed);
    for (const number of ['', ' 2']) {
      const { runId, planned } = await bed.preview({ mode: 'copy' });
      const from = bed.lastRequest();
      const restore = await bed.queue(runId);
      await bed.attempt(restore);
      t.equal(
        bed.writes(from).length,
        planned.reduce((sum, { writes }) => sum + writes, 0),
        'as many requests as the preview said',
      );
      t.same(
        linesOf(bed, from).sort(),
        [...Array(3).fill(`POST ${CATALOG}`), ...Array(3).fill(`POST ${CATALOG}/<id>/assign`)],
        'nothing is changed or deleted',
      );
      t.same(
        policiesOf(bed).slice(-3).map(nameOf).sort(),
        [0, 1, 2].map((index) => `Policy ${index} (restored${number})`),
      );
    }
    t.same(policiesOf(bed).slice(0, 2), before, 'existing policies are unchanged');
  });

  await t.test('after a crash between a copy’s intent and its outcome no second copy is made', async (t) => {
    for (const applied of [false, true])
      for (const audited of [false, true]) {
        damage(bed);
        const { runId } = await bed.preview({ mode: 'copy' });
        const from = bed.lastRequest();
        const restore = await bed.queue(runId);
        // The first policy is copied and assigned; the process dies while the second is created.
        await bed.dieAt(restore, { nth: 3, applied });
        t.equal(bed.writes(from).length, applied ? 3 : 2);
        await (audited ? bed.attempt(restore) : bed.attemptWithoutAudit(restore));
        const when = `${applied ? 'after' : 'before'} it was carried out, ${audited ? 'with' : 'without'} audit`;
        t.same(
          policiesOf(bed).map(nameOf).sort(),
          ['Policy 0', 'Policy 0 (restored)', 'Policy 1 (restored)', 'Policy 2', 'Policy 2 (restored)'],
          when,
        );
        t.equal(linesOf(bed, from).length, 6, `each request once, ${when}`);
      }
  });

  await t.test(
    'a policy is created beside one of the same name only if the preview knew that one',
    async (t) => {
      damage(bed);
      // A policy for another platform can’t be changed into the deleted one.
      const namesake = (id: string) => ({ ...gone, id, platforms: 'macOS' });
      bed.state.put(CATALOG, namesake('0e0e0e0e-0000-4000-8000-000000000001'));
      const { runId, planned } = await bed.preview();
      t.match(
        planned.find(({ name }) => name === 'Policy 1'),
        {
          action: 'create',
          namesakes: ['0e0e0e0e-0000-4000-8000-000000000001'],
          limits: [{ kind: 'second_of_name', blocks: false }],
        },
      );
      bed.state.put(CATALOG, namesake('0e0e0e0e-0000-4000-8000-000000000002'));
      const refused = await bed.queue(runId, true);
      await bed.attempt(refused);
      t.match(await outcomesOf(bed, refused), [
        ['Policy 0', 'succeeded', null],
        ['Policy 1', 'failed', 'changed_since_preview'],
        ['Policy 2', 'skipped', 'unchanged'],
      ]);
      bed.state.remove(CATALOG, '0e0e0e0e-0000-4000-8000-000000000002');
      await bed.clock.sleep(60_000);
      const restore = await bed.queue(runId);
      await bed.attempt(restore);
      t.match(await outcomesOf(bed, restore), [
        ['Policy 0', 'succeeded', null],
        ['Policy 1', 'succeeded', null],
        ['Policy 2', 'skipped', 'unchanged'],
      ]);
      t.equal(policiesOf(bed).filter((policy) => nameOf(policy) === 'Policy 1').length, 2);
    },
  );
});

t.test('copies of policies whose long names begin alike stay apart after a crash', async (t) => {
  const names = ['one', 'two'].map((end) => `${'x'.repeat(110)} ${end}`);
  const policies = names.map((name, index) => ({ ...kept, ...catalogPolicy(index), name }));
  const bed = await createRestoreBed(t, new Map([[CATALOG, policies]]), { readAfterWriteMs: 5_000 });
  const { runId } = await bed.preview({ mode: 'copy' });
  const from = bed.lastRequest();
  const restore = await bed.queue(runId);
  await bed.dieAt(restore, { nth: 1, applied: true });
  await bed.attemptWithoutAudit(restore);
  t.same(
    (await outcomesOf(bed, restore)).map(([, outcome]) => outcome),
    ['succeeded', 'succeeded'],
  );
  t.equal(bed.writes(from).filter(({ applied }) => applied).length, 4, 'each request once');
  t.same(
    policiesOf(bed).slice(2).map(nameOf).sort(),
    ['', ' 2'].map((number) => `${'x'.repeat(number === '' ? 109 : 107)} (restored${number})`).sort(),
  );
  const copied = bed
    .events('RestoreApplied')
    .flatMap(({ data }) => (data as { policies: { liveId: string }[] }).policies.map(({ liveId }) => liveId));
  t.equal(new Set(copied).size, 2, 'no copy is taken for that of the other policy');
});

t.test(
  'a policy that others of its type need is written first, and a blocked policy keeps its reason',
  async (t) => {
    const [rootId, wifiId, secretId] = [1, 2, 3].map((n) => `0c0c0c0c-0000-4000-8000-00000000000${n}`);
    const type = (name: string) => ({ '@odata.type': `#microsoft.graph.${name}` });
    const root = {
      ...type('windows81TrustedRootCertificate'),
      id: rootId ?? '',
      displayName: 'Z root',
      certFileName: 'root.cer',
      trustedRootCertificate: 'cm9vdA==',
      assignments: [],
    };
    const wifi = {
      ...type('windowsWifiEnterpriseEAPConfiguration'),
      id: wifiId ?? '',
      displayName: 'A wifi',
      ssid: 'Office',
      assignments: [],
      rootCertificatesForServerValidation: [{ id: rootId ?? '' }],
    };
    const secret = {
      ...type('windows10CustomConfiguration'),
      id: secretId ?? '',
      displayName: 'M secret',
      assignments: [],
      omaSettings: [
        {
          ...type('omaSettingString'),
          displayName: 'Key',
          omaUri: './Vendor/Key',
          value: '****',
          isEncrypted: true,
          secretReferenceValueId: 'handle',
        },
      ],
    };
    const bed = await createRestoreBed(t, new Map([[PROFILES, [wifi, secret, root]]]));
    for (const { id } of [wifi, secret, root]) bed.state.remove(PROFILES, id);
    const { runId, planned } = await bed.preview();
    t.match(planned, [
      { name: 'Z root', action: 'create' },
      {
        name: 'A wifi',
        action: 'create',
        references: [{ kind: 'certificate', resolution: 'restored_before' }],
      },
      { name: 'M secret', action: 'blocked', limits: [{ kind: 'secret_withheld', blocks: true }] },
    ]);
    const restore = await bed.queue(runId);
    await bed.attempt(restore);
    t.same(await outcomesOf(bed, restore), [
      ['A wifi', 'succeeded', null],
      ['M secret', 'failed', 'secret_unavailable'],
      ['Z root', 'succeeded', null],
    ]);
    const [newRoot, newWifi] = policiesOf(bed, PROFILES);
    t.equal(newRoot?.displayName, 'Z root');
    t.match(newWifi?.rootCertificatesForServerValidation, [{ id: newRoot?.id }]);
    t.not(newRoot?.id, rootId);
  },
);
