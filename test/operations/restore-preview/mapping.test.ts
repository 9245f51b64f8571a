import t from 'tap';
import { DirectoryObjectsObserved, type ObservedObject } from '../../../src/entities/directory/directory.js';
import { mappingEntity } from '../../../src/entities/mapping/mapping.js';
import { newGroup } from '../../../src/graph/simulator/complete-directory.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { isEvent } from '../../../src/ledger/event-registry.js';
import { directoryGroupsSync } from '../../../src/operations/directory-groups-sync/directory-groups-sync.js';
import { restoreExecute } from '../../../src/operations/restore-execute/restore-execute.js';
import type { PlannedPolicy } from '../../../src/operations/restore-preview/restore-events.js';
import { capturedSet, catalogPolicies, POLICIES } from '../../support/captured-set.js';
import { BED_TENANT, type BedRun } from '../../support/operation-bed.js';

/** Goal: a reference is mapped only to a single exact match or to what a person chose (K6). */

const GROUP = (index: number) => `6e000000-0000-4000-8000-00000000000${index}`;
const FILTERS = 'deviceManagement/assignmentFilters';
const TAGS = 'deviceManagement/roleScopeTags';
const FILTER = '7f000000-0000-4000-8000-000000000001';

const tag = (id: string, displayName: string): GraphObject => ({ id, displayName, isBuiltIn: false });
const assignment = (id: string, groupId: string, exclusion = false): GraphObject => ({
  id,
  target: {
    '@odata.type': `#microsoft.graph.${exclusion ? 'exclusionG' : 'g'}roupAssignmentTarget`,
    groupId,
    ...(exclusion
      ? {}
      : {
          deviceAndAppManagementAssignmentFilterId: FILTER,
          deviceAndAppManagementAssignmentFilterType: 'include',
        }),
  },
});

/** A captured policy with two groups, a filter and a scope tag; it has been deleted since. */
async function deleted(t: Parameters<typeof capturedSet>[0]) {
  const policies = catalogPolicies(1).map((policy) => ({
    ...policy,
    roleScopeTagIds: ['0', '3'],
    assignments: [assignment('1', GROUP(1)), assignment('2', GROUP(2), true)],
  }));
  const set = await capturedSet(
    t,
    policies,
    new Map<string, readonly GraphObject[]>([
      ['groups', [newGroup(GROUP(1), 'SEC-Laptops'), newGroup(GROUP(2), 'SEC-Break-Glass')]],
      [FILTERS, [{ id: FILTER, displayName: 'Corporate', platform: 'windows10AndLater', rule: '(1 -eq 1)' }]],
      [TAGS, [tag('0', 'Default'), tag('3', 'Berlin')]],
    ]),
  );
  await set.remove(set.ids[0] ?? '');
  const state = set.simulator.tenants()[0]?.state;
  if (!state) throw new Error('the simulator has no tenant');
  const sync = () => set.bed.run(directoryGroupsSync);
  const choose = (kind: string, from: string, name: string | null, id: string, nameNow: string | null) =>
    set.bed.builder.append(
      mappingEntity.stream(BED_TENANT, BED_TENANT),
      [
        {
          type: 'GroupMappingSet',
          data: { changes: [{ kind, id: from, name, becomes: { id, name: nameNow } }] },
        },
      ],
      { tenantId: BED_TENANT },
    );
  return { ...set, state, sync, choose };
}

const plannedReferences = ({ events }: BedRun) =>
  events
    .flatMap((event): PlannedPolicy[] => (event.type === 'RestorePlanned' ? event.data.policies : []))
    .flatMap(({ references }) => references);
const referencesIn = (run: BedRun) =>
  plannedReferences(run)
    .map(({ id, resolution, becomes }) => [id, resolution, becomes])
    .sort();
const outcomeOf = ({ items }: BedRun) => items.map(({ outcome, reasonCode }) => [outcome, reasonCode]);

t.test(
  'groups that were created again are found in the cache by their exact name, and written',
  async (t) => {
    const { state, sync, preview, bed, client, simulator } = await deleted(t);
    state.remove('groups', GROUP(1));
    state.put('groups', newGroup(GROUP(3), 'SEC-Laptops'));
    state.put('groups', newGroup(GROUP(4), 'sec-laptops'));
    t.same(
      outcomeOf(await preview()),
      [['failed', 'mapping_missing']],
      'the cache doesn’t know the new group yet',
    );
    await sync();
    const previewed = await preview();
    const cached: ObservedObject[] = [];
    for await (const event of bed.builder.ledger.read(`directory-${BED_TENANT}`))
      if (isEvent(event, DirectoryObjectsObserved)) cached.push(...event.data.present);
    const wanted = plannedReferences(previewed).find(({ id }) => id === GROUP(1));
    t.ok(wanted?.nameHash, 'the exact name of what was there');
    t.equal(
      wanted?.nameHash,
      cached.find(({ id }) => id === GROUP(3))?.nameHash,
      'is compared with the cache on the page of the map',
    );
    t.same(referencesIn(previewed), [
      ['0', 'same', '0'],
      ['3', 'same', '3'],
      [GROUP(1), 'mapped', GROUP(3)],
      [GROUP(2), 'same', GROUP(2)],
      [FILTER, 'same', FILTER],
    ]);
    const run = await bed.run(restoreExecute, { previewRunId: previewed.runId, dryRun: true });
    t.same(outcomeOf(run), [['succeeded', null]]);
    await bed.builder.append(
      `tenant-${BED_TENANT}`,
      [{ type: 'TenantRegistered', data: { slug: 'contoso', name: 'Contoso' } }],
      { tenantId: BED_TENANT },
    );
    const before = simulator.requests().length;
    await bed.run(restoreExecute, { previewRunId: previewed.runId, dryRun: false, tenantName: 'Contoso' });
    const sent = simulator
      .requests()
      .slice(before)
      .filter(({ path }) => path.endsWith('/assign'));
    t.equal(sent.length, 1);
    const written = await client.get(`${POLICIES}?$expand=assignments`);
    const [policy] = written.value as { assignments: { target: { groupId: string } }[] }[];
    t.same(policy?.assignments.map(({ target }) => target.groupId).sort(), [GROUP(2), GROUP(3)]);
  },
);

t.test('groups of the same name, dynamic groups and renamed tags need a person’s choice', async (t) => {
  const { state, sync, preview, choose, bed } = await deleted(t);
  state.remove('groups', GROUP(1));
  state.put('groups', newGroup(GROUP(3), 'SEC-Laptops'));
  state.put('groups', newGroup(GROUP(4), 'SEC-Laptops', { groupTypes: ['DynamicMembership'] }));
  state.put(TAGS, tag('3', 'Paris'));
  await sync();
  const open = await preview();
  t.same(outcomeOf(open), [['failed', 'mapping_missing']]);
  t.same(referencesIn(open), [
    ['0', 'same', '0'],
    ['3', 'missing', null],
    [GROUP(1), 'missing', null],
    [GROUP(2), 'same', GROUP(2)],
    [FILTER, 'same', FILTER],
  ]);
  await choose('group', GROUP(1), 'SEC-Laptops', GROUP(4), 'SEC-Laptops');
  await choose('scope_tag', '3', 'Munich', '3', 'Paris');
  t.match(
    referencesIn(await preview())[1],
    ['3', 'missing', null],
    'a choice for a tag of another name is none',
  );
  await choose('scope_tag', '3', 'Berlin', '3', 'Paris');
  const chosen = await preview();
  t.same(outcomeOf(chosen), [['succeeded', null]]);
  t.match(referencesIn(chosen), [
    ['0', 'same', '0'],
    ['3', 'same', '3'],
    [GROUP(1), 'mapped', GROUP(4)],
  ]);
  const execute = () => bed.run(restoreExecute, { previewRunId: chosen.runId, dryRun: true });
  t.same(outcomeOf(await execute()), [['succeeded', null]]);
  state.put(TAGS, tag('3', 'London'));
  t.same(
    outcomeOf(await preview()),
    [['failed', 'mapping_missing']],
    'the chosen tag means something else now',
  );
  t.same(outcomeOf(await execute()), [['failed', 'mapping_missing']]);
  state.put(TAGS, tag('3', 'Paris'));
  await choose('group', GROUP(1), 'SEC-Laptops', GROUP(3), 'SEC-Laptops');
  await t.rejects(execute(), /preview_outdated/, 'the map was changed after the preview');
  state.remove('groups', GROUP(3));
  t.same(outcomeOf(await preview()), [['failed', 'mapping_missing']], 'the chosen group is gone');
});

t.test('another map makes another operation, so no preview of an older map is reused', async (t) => {
  const { preview, choose } = await deleted(t);
  const scopeOf = async () => {
    const { events } = await preview();
    const [queued] = events;
    return queued?.type === 'RunQueued' ? queued.data.scope : null;
  };
  t.notOk('mapping' in ((await scopeOf()) ?? {}));
  await choose('group', GROUP(1), null, GROUP(2), null);
  t.match(await scopeOf(), { mapping: 0 });
});
