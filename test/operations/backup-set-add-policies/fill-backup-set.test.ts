import t from 'tap';
import { expireBackupSet } from '../../../src/entities/backup-set/backup-set.js';
import { policyKeyOf } from '../../../src/entities/policy/policy.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { BED_TENANT, createFillingBed, Killed } from '../../support/filling-bed.js';

/**
 * Goal: a set contains each chosen policy once, with its newest snapshot, also when runs are interrupted or policies
 * change, and needs few requests and bytes. Method: real claims on a log in memory, and a simulated Graph.
 */
const SET = '1f2d3c4b-0000-4000-8000-0000000000b1';
const OTHER = '1f2d3c4b-0000-4000-8000-0000000000b2';
const TYPE = 'deviceConfigurations';
const type = policyTypeNamed(TYPE);
if (!type) throw new Error('the catalogue lacks a type');
const { path } = type;

const idOf = (n: number) => `0b0b0b0b-0000-4000-8000-${String(n).padStart(12, '0')}`;
const policy = (n: number, more: GraphObject = {}): GraphObject => ({
  '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
  id: idOf(n),
  displayName: `Policy ${n}`,
  passwordMinimumLength: n,
  assignments: [],
  ...more,
});
const contentOf = (count: number) => new Map([[path, Array.from({ length: count }, (_, n) => policy(n))]]);
const listed = (...ns: number[]) => ({
  from: 'list',
  policies: ns.map((n) => ({ policyType: TYPE, policyId: idOf(n) })),
});
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const snapshotsOf = ({ items }: { items: ReadonlyMap<string, { snapshot: string }> }) =>
  [...items.values()].map(({ snapshot }) => snapshot).sort();

t.test('policies are added once; again, only what is new or has changed', async (t) => {
  const bed = await createFillingBed(t, contentOf(60));
  await bed.makeSet(SET);
  const choice = listed(...upTo(40), 500);
  const first = await bed.fill({ setId: SET, choice });
  t.equal(first.summary, '40 policies added, 1 not readable');
  t.match(
    (await bed.items(first.runId)).filter(({ outcome }) => outcome === 'failed'),
    [{ subject: { id: idOf(500) }, reasonCode: 'graph_not_found' }],
    'the others are added',
  );
  t.equal((await bed.set(SET)).items.size, 40);

  bed.simulator.tenants()[0]?.state.put(path, policy(3, { passwordMinimumLength: 99 }));
  const again = await bed.fill({ setId: SET, choice });
  t.equal(again.summary, '1 policy added, 39 unchanged, 1 not readable');
  t.match(
    (await bed.items(again.runId)).filter(({ outcome }) => outcome === 'succeeded'),
    [{ subject: { id: idOf(3) } }],
  );
  const set = await bed.set(SET);
  t.equal(set.items.size, 40);
  t.match(set.items.get(policyKeyOf(BED_TENANT, TYPE, idOf(3))), { snapshot: /-1$/, addedBy: again.runId });
  t.equal(bed.events('SnapshotCaptured').length, 41);
});

t.test('a policy that can’t be read is named as far as anything knows its name', async (t) => {
  const bed = await createFillingBed(t, contentOf(3));
  await bed.makeSet(SET);
  await bed.fill({ setId: SET, choice: listed(1) });
  bed.simulator.tenants()[0]?.state.remove(path, idOf(1));
  const { runId } = await bed.fill({ setId: SET, choice: listed(1, 9) });
  const labels = (await bed.items(runId)).map(({ label, reasonCode }) => [label, reasonCode]);
  t.same(labels, [
    ['Policy 1', 'graph_not_found'],
    [idOf(9), 'graph_not_found'],
  ]);
  t.equal((await bed.set(SET)).items.size, 1, 'the set keeps the policies that were added before');
});

t.test('another set with the same content writes references alone', async (t) => {
  const bed = await createFillingBed(t, contentOf(300));
  await bed.makeSet(SET);
  await bed.makeSet(OTHER);
  const first = await bed.fill({ setId: SET, choice: { from: 'tenant', policyTypes: [TYPE] } });
  const before = bed.log.events.length;
  const requests = bed.simulator.requests().length;
  const second = await bed.fill({ setId: OTHER, choice: listed(...upTo(300)) });
  t.equal(second.summary, first.summary);
  t.same(snapshotsOf(await bed.set(OTHER)), snapshotsOf(await bed.set(SET)));
  t.same(await bed.counts(second.runId), {
    total: 300,
    processed: 300,
    succeeded: 300,
    failed: 0,
    skipped: 0,
  });
  t.same(await bed.items(second.runId), [], 'its items are those of the first run');
  const bytes = bed.log.events
    .slice(before)
    .reduce((sum, { data, metadata }) => sum + JSON.stringify([data, metadata]).length, 0);
  t.ok(bytes < 300 * 150, `${bytes} bytes`);
  t.ok(bed.simulator.requests().length - requests <= 3, 'three pages of the listing');
});

t.test('after a death at any append, the next attempts add nothing twice', async (t) => {
  const bed = await createFillingBed(t, contentOf(230));
  await bed.makeSet(SET);
  await bed.makeSet(OTHER);
  for (const [setId, step] of [
    [SET, 37],
    [OTHER, 1],
  ] as const) {
    const runId = await bed.begin({ setId, choice: listed(...upTo(230)) });
    let kills = 0;
    for (; ; kills++)
      try {
        await bed.attempt(runId, { killedAt: step + kills, answered: kills % 2 === 1 });
        break;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    t.ok(kills >= 2, `${kills} processes died`);
    t.same(await bed.counts(runId), { total: 230, processed: 230, succeeded: 230, failed: 0, skipped: 0 });
    t.equal((await bed.set(setId)).items.size, 230);
  }
  const added = bed.events('BackupItemsAdded').flatMap(({ data }) => (data as { items: object[] }).items);
  t.equal(added.length, 460, 'each policy was added to each set once');
  t.equal(bed.events('SnapshotCaptured').length, 230);
});

t.test('two runs that fill one set at once leave each policy in it once', async (t) => {
  const bed = await createFillingBed(t, contentOf(120));
  await bed.makeSet(SET);
  const runs = await Promise.all([
    bed.fill({ setId: SET, choice: listed(...upTo(80)) }),
    bed.fill({ setId: SET, choice: listed(...upTo(120).slice(40)) }),
  ]);
  t.equal((await bed.set(SET)).items.size, 120);
  const counts = await Promise.all(runs.map(({ runId }) => bed.counts(runId)));
  t.equal(
    counts.reduce((sum, { succeeded }) => sum + succeeded, 0),
    120,
  );
  t.equal(
    counts.reduce((sum, { skipped }) => sum + skipped, 0),
    40,
    'the other run had added them',
  );
  t.equal(bed.events('SnapshotCaptured').length, 120);
});

t.test('a set that expires takes nothing more', async (t) => {
  const bed = await createFillingBed(t, contentOf(3));
  await bed.makeSet(SET, 'Before the change');
  const runId = await bed.begin({ setId: SET, choice: listed(1, 2) });
  await expireBackupSet.carryOut(bed.ledger, { setId: SET, reason: 'No longer needed' }, bed.asked);
  await t.rejects(bed.attempt(runId), /has expired: No longer needed/);
  t.equal((await bed.set(SET)).items.size, 0);
  await t.rejects(bed.begin({ setId: SET, choice: listed(1) }), /“Before the change” has expired/);
  await t.rejects(bed.begin({ setId: OTHER, choice: listed(1) }), /no such backup set/);
});

t.test(
  'an option equal to its default makes no other operation; another option replaces the item',
  async (t) => {
    const bed = await createFillingBed(t, contentOf(2));
    await bed.makeSet(SET);
    const whole = await bed.fill({ setId: SET, choice: listed(1) });
    const same = await bed.fill({ setId: SET, choice: listed(1), includeAssignments: true });
    t.equal(same.runId.slice(0, 32), whole.runId.slice(0, 32));
    const bare = await bed.fill({ setId: SET, choice: listed(1), includeAssignments: false });
    t.equal(bare.summary, '1 policy added');
    t.match(
      [...(await bed.set(SET)).items.values()],
      [{ includeAssignments: false, includeScopeTags: true, addedBy: bare.runId }],
    );
  },
);
