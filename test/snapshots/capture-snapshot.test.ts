import t from 'tap';
import { policyEntity, policyKeyOf } from '../../src/entities/policy/policy.js';
import type { GraphObject } from '../../src/graph/simulator/graph-value.js';
import { policyTypeNamed } from '../../src/policies/catalogue/policy-types.js';
import { COMPARING_RULES } from '../../src/policies/hash-inputs.js';
import { encodeStoredPolicy } from '../../src/policies/stored-policy.js';
import { findSnapshot, readSnapshot } from '../../src/snapshots/read-snapshot.js';
import { shownName } from '../../src/snapshots/shown-policy.js';
import { lastSnapshot } from '../../src/snapshots/snapshot.js';
import { capturingRun, createCaptureBed } from '../support/capture-bed.js';
import { TENANT } from '../support/decider-spec.js';

/** Goal: a policy is kept once, whole and by name. Method: a simulated Graph, and a real event store for the versions. */
const GROUP = '0a0a0a0a-0000-4000-8000-000000000001';
const FILTER = '0a0a0a0a-0000-4000-8000-000000000003';
const GROUP_NAME = 'Devices of Ann <ann@contoso.example>';
const type = policyTypeNamed('deviceConfigurations');
if (!type) throw new Error('the catalogue lacks a type');

const groupTarget = {
  '@odata.type': '#microsoft.graph.groupAssignmentTarget',
  groupId: GROUP,
  deviceAndAppManagementAssignmentFilterId: FILTER,
  deviceAndAppManagementAssignmentFilterType: 'include',
};

const idOf = (n: number) => `0b0b0b0b-0000-4000-8000-${String(n).padStart(12, '0')}`;
const policy = (n: number, more: GraphObject = {}): GraphObject => ({
  '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
  id: idOf(n),
  displayName: `Custom ${n}`,
  lastModifiedDateTime: '2026-01-01T00:00:00Z',
  roleScopeTagIds: ['0'],
  omaSettings: [
    {
      '@odata.type': '#microsoft.graph.omaSettingString',
      displayName: 'Pre-shared key',
      omaUri: './Vendor/MSFT/WiFi/Profile',
      value: '****',
      isEncrypted: true,
      secretReferenceValueId: 'c0ffee00-0000-4000-8000-000000000001_x',
    },
  ],
  assignments: [{ id: `${n}_a`, target: groupTarget }],
  ...more,
});
const content = () =>
  new Map([
    [type.path, [1, 2, 3, 4, 5, 6].map((n) => policy(n))],
    ['groups', [{ id: GROUP, displayName: GROUP_NAME }]],
    ['deviceManagement/assignmentFilters', [{ id: FILTER, displayName: 'Corporate' }]],
    ['deviceManagement/roleScopeTags', [{ id: '0', displayName: 'Default' }]],
  ]);

const runNamed = (letter: string) => ({ tenantId: TENANT, runId: `${letter.repeat(32)}-0` });
const streamOf = (n: number) => policyEntity.stream(TENANT, policyKeyOf(TENANT, type.name, idOf(n)));

t.test('snapshots', async (t) => {
  const bed = await createCaptureBed(t, content());
  const { ledger, artifacts } = bed;
  const by = (letter: string, dies?: (moment: 'before' | 'after') => void) =>
    capturingRun(ledger, runNamed(letter), dies);
  const versionsOf = async (n: number) => {
    let events = 0;
    for await (const _ of ledger.read(streamOf(n))) events += 1;
    return events;
  };

  await t.test('equal content is kept once; other content is a new version', async (t) => {
    const first = await bed.capture(by('a'), type, idOf(1));
    t.match(first, {
      kind: 'captured',
      snapshot: { id: `${policyKeyOf(TENANT, type.name, idOf(1))}-0`, name: 'Custom 1' },
    });
    bed.change(type.path, policy(1, { lastModifiedDateTime: '2026-02-02T00:00:00Z' }));
    t.same(await bed.capture(by('b'), type, idOf(1).toUpperCase()), { ...first, kind: 'unchanged' });

    bed.change(type.path, policy(1, { description: 'another' }));
    t.match(await bed.capture(by('c'), type, idOf(1)), { kind: 'captured', snapshot: { id: /-1$/ } });
    bed.change(type.path, policy(1, { description: 'another', assignments: [] }));
    t.match(await bed.capture(by('d'), type, idOf(1)), { kind: 'captured', snapshot: { id: /-2$/ } });
    bed.change('deviceManagement/roleScopeTags', { id: '0', displayName: 'Everything' });
    const renamed = await bed.capture(by('e'), type, idOf(1));
    t.match(renamed, { kind: 'captured', snapshot: { id: /-3$/ } }, 'what it refers to has another name');
    bed.simulator.failNext({ kind: 'status', status: 403, path: 'roleScopeTags/0' });
    t.same(
      await bed.capture(by('f'), type, idOf(1)),
      { ...renamed, kind: 'unchanged' },
      'a name that can’t be read says nothing new',
    );
    t.equal(await versionsOf(1), 4);
  });

  await t.test('a snapshot is whole, and names exactly what it refers to outside the log', async (t) => {
    bed.change('deviceManagement/roleScopeTags', { id: '0', displayName: 'Default' });
    const { snapshot } = await bed.capture(by('a'), type, idOf(2));
    const whole = await readSnapshot({ ledger, artifacts }, TENANT, snapshot.id);
    t.same(whole?.snapshot, snapshot);
    t.match(whole?.policy, { type: type.name, raw: { displayName: 'Custom 2' }, assignments: { length: 1 } });
    t.same(whole?.references, [
      { kind: 'assignment_filter', id: FILTER, name: 'Corporate', unnamed: null },
      { kind: 'group', id: GROUP, name: GROUP_NAME, unnamed: null },
      { kind: 'scope_tag', id: '0', name: 'Default', unnamed: null },
    ]);
    t.notMatch(JSON.stringify(snapshot), 'Devices of Ann', 'names of groups stay out of the log');
    t.equal((await artifacts.get(TENANT, snapshot.artifact))?.length, snapshot.bytes);
    let listedAs: string | undefined;
    for await (const listed of bed.connect().policies(type))
      if (listed.kind === 'policy' && listed.id === idOf(2))
        listedAs = await artifacts.put(TENANT, encodeStoredPolicy(type, listed));
    t.equal(listedAs, snapshot.artifact, 'an inventory stores the same content at the same address');
    for (const id of [snapshot.id.replace(/-0$/, '-1'), `${'0'.repeat(32)}-0`, 'no-id'])
      t.equal(await readSnapshot({ ledger, artifacts }, TENANT, id), undefined, id);
    t.equal(await findSnapshot(ledger, 'another tenant', snapshot.id), undefined);
  });

  await t.test('what Graph withholds is counted, named and never asked for', async (t) => {
    const { snapshot } = await bed.capture(by('a'), type, idOf(3));
    t.same(snapshot.withheld, { count: 1, places: ['omaSettings/./Vendor/MSFT/WiFi/Profile/value'] });
    t.same(
      bed.simulator.requests().filter(({ path }) => /PlainText/i.test(path)),
      [],
    );
  });

  await t.test('a crash at any moment leaves one version, which the next attempt returns', async (t) => {
    const dying = (at: 'before' | 'after') => (moment: 'before' | 'after') => {
      if (moment === at) throw new Error('killed');
    };
    const stored = artifacts.stored.size;
    await t.rejects(bed.capture(by('a', dying('before')), type, idOf(4)), /killed/);
    t.equal(artifacts.stored.size, stored + 1, 'the content is stored; equal references were stored before');
    t.equal(await versionsOf(4).catch(() => 0), 0, 'and no event names it');
    await t.rejects(bed.capture(by('a', dying('after')), type, idOf(4)), /killed/);
    const captured = await bed.capture(by('a'), type, idOf(4));
    t.match(captured, { kind: 'captured', snapshot: { runId: runNamed('a').runId } });
    t.match(await bed.capture(by('b'), type, idOf(4)), { kind: 'unchanged', snapshot: captured.snapshot });
    t.equal(await versionsOf(4), 1);
  });

  await t.test('of concurrent captures one stores the version, and all return it', async (t) => {
    const all = await Promise.all([...'abcdef'].map((letter) => bed.capture(by(letter), type, idOf(5))));
    t.equal(all.filter(({ kind }) => kind === 'captured').length, 1);
    t.equal(new Set(all.map(({ snapshot }) => snapshot.id)).size, 1);
    t.equal(await versionsOf(5), 1);
  });

  await t.test('other comparing rules make no new version', async (t) => {
    const { snapshot } = await bed.capture(by('a'), type, idOf(6));
    const { id: _id, policyKey: _key, runId: _runId, ...facts } = snapshot;
    const hashes = { contentHash: '0'.repeat(64), assignmentsHash: '1'.repeat(64) };
    const data = { ...facts, ...hashes, rulesVersion: COMPARING_RULES - 1 };
    const { head } = await lastSnapshot(ledger, TENANT, policyKeyOf(TENANT, type.name, idOf(6)));
    await by('b').produce(streamOf(6), { type: 'SnapshotCaptured', data }, head);
    t.match(await bed.capture(by('c'), type, idOf(6)), {
      kind: 'unchanged',
      snapshot: { ...data, runId: runNamed('b').runId },
    });
  });
});

t.test('a policy has its id as name where nothing of its name may be shown', (t) => {
  for (const name of ['', ' ', '<script>alert(1)</script>']) {
    t.equal(shownName({ name, id: 'p1', type }), 'p1');
    t.match(shownName({ name, id: '', type }), /: an entry without id and name$/);
  }
  t.equal(shownName({ name: 'Wi-Fi <b>Berlin</b>', id: 'p1', type }), 'Wi-Fi Berlin');
  t.end();
});
