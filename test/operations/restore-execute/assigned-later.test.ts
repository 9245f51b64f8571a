import t from 'tap';
import type { GraphWriter } from '../../../src/graph/client/graph-client.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';
import { signal } from '../../support/signal.js';
import { until } from '../../support/until.js';

/**
 * Goal: one restore brings back scope tags and filters that refer to each other. Method: real claims of real runs on one
 * tenant. The simulator's log of requests and its content are compared.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const FILTERS = 'deviceManagement/assignmentFilters';
const TAGS = 'deviceManagement/roleScopeTags';
const GROUP = { id: '6e000000-0000-4000-8000-000000000001', displayName: 'Admins' };
const FILTER_ID = '7f000000-0000-4000-8000-000000000001';
const assignments = [
  {
    id: 'a',
    target: {
      '@odata.type': '#microsoft.graph.groupAssignmentTarget',
      groupId: GROUP.id,
      deviceAndAppManagementAssignmentFilterId: FILTER_ID,
      deviceAndAppManagementAssignmentFilterType: 'include',
    },
  },
];
const tag: GraphObject = { id: '5', displayName: 'Berlin', isBuiltIn: false, assignments };
const filterWith = (...roleScopeTags: string[]): GraphObject => ({
  id: FILTER_ID,
  displayName: 'Corporate',
  rule: '(1 -eq 1)',
  platform: 'windows10AndLater',
  roleScopeTags,
});
const policy: GraphObject = {
  ...catalogPolicy(0),
  platforms: 'windows10',
  technologies: 'mdm',
  roleScopeTagIds: ['5'],
  assignments,
};
const contentWith = (filter: GraphObject): GraphContent =>
  new Map([
    ['groups', [GROUP]],
    [TAGS, [{ id: '0', displayName: 'Default', isBuiltIn: true }, tag]],
    [FILTERS, [filter]],
    [CATALOG, [policy]],
  ]);

/** Removes all three policies, however often they were restored. */
function removePolicies({ state }: RestoreBed): void {
  for (const path of [TAGS, FILTERS, CATALOG])
    for (const { id } of state.page(path, 0, 99).entities) if (id !== '0') state.remove(path, String(id));
}

const only = ({ state }: RestoreBed, path: string): GraphObject => {
  const found = state.page(path, 0, 99).entities.filter(({ id }) => id !== '0');
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} of ${path}`);
  return found[0];
};
const outcomes = async (bed: RestoreBed, runId: string) =>
  (await bed.items(runId)).map(({ label, outcome, reasonCode }) => [label, outcome, reasonCode]).sort();

function assertRestored(
  t: { match(found: unknown, wanted: unknown, message: string): unknown },
  bed: RestoreBed,
  when: string,
) {
  const { id: filterId, roleScopeTags } = only(bed, FILTERS);
  const { id: tagId, assignments: ofTag } = only(bed, TAGS);
  const { roleScopeTagIds, assignments: ofPolicy } = only(bed, CATALOG);
  const wanted = [{ target: { groupId: GROUP.id, deviceAndAppManagementAssignmentFilterId: filterId } }];
  t.match(ofTag, wanted, `the tag is assigned with the new filter, ${when}`);
  t.match({ roleScopeTags, roleScopeTagIds }, { roleScopeTags: [tagId], roleScopeTagIds: [tagId] }, when);
  t.match(ofPolicy, wanted, `the policy is assigned with the new filter, ${when}`);
}

t.test('a tag that is assigned with a filter that carries it', async (t) => {
  const bed = await createRestoreBed(t, contentWith(filterWith('5')));
  removePolicies(bed);
  const { runId, planned } = await bed.preview();
  t.same(
    planned.map(({ name, action, writes }) => [name, action, writes]),
    [
      ['Berlin', 'create', 2],
      ['Corporate', 'create', 1],
      ['Policy 0', 'create', 2],
    ],
  );
  await bed.attempt(await bed.queue(runId, true));
  t.same(bed.writes(), [], 'a dry run writes nothing');
  await bed.attempt(await bed.queue(runId));
  t.same(
    bed.writes().map(({ method, path }) => `${method} ${path.replace(/\/[0-9a-f-]{36}|\/\d+/g, '/<id>')}`),
    [
      ...[`POST ${TAGS}`, `POST ${FILTERS}`, `POST ${TAGS}/<id>/assign`],
      ...[`POST ${CATALOG}`, `POST ${CATALOG}/<id>/assign`],
    ],
  );
  assertRestored(t, bed, 'in one restore');
  const again = await bed.preview();
  t.same(
    again.planned.map(({ action }) => action),
    ['leave', 'leave', 'leave'],
    'and a second one has nothing to write',
  );

  await t.test('a process that dies at any request', async (t) => {
    for (const diesAt of [1, 2, 3])
      for (const applied of [false, true]) {
        removePolicies(bed);
        const preview = await bed.preview();
        const from = bed.lastRequest();
        const restore = await bed.queue(preview.runId);
        await bed.dieAt(restore, { nth: diesAt, applied });
        await bed.attempt(restore);
        const when = `dead at request ${diesAt}, ${applied ? 'carried out' : 'not sent'}`;
        assertRestored(t, bed, when);
        t.equal(bed.writes(from).filter((request) => request.applied).length, 5, `each once, ${when}`);
      }
  });

  await t.test('a filter that Graph refuses', async (t) => {
    removePolicies(bed);
    const preview = await bed.preview();
    const restore = await bed.queue(preview.runId);
    bed.simulator.failNext({ kind: 'status', status: 400, method: 'POST', path: 'assignmentFilters$' });
    await bed.attempt(restore);
    t.same(await outcomes(bed, restore), [
      ['Berlin', 'failed', 'created_not_assigned'],
      ['Corporate', 'failed', 'validation_failed'],
      ['Policy 0', 'failed', 'dependency_failed'],
    ]);
  });
});

t.test('a filter that Graph refused before the process died', async (t) => {
  const ofMacs = { ...filterWith('0'), id: `${FILTER_ID.slice(0, -1)}9`, platform: 'macOS' };
  const bed = await createRestoreBed(
    t,
    new Map([...contentWith(filterWith('5')), [FILTERS, [filterWith('5'), ofMacs]]]),
  );
  removePolicies(bed);
  const restore = await bed.queue((await bed.preview()).runId);
  const dead = signal();
  let filters = 0;
  const write: GraphWriter['write'] = async (method, path, ...rest) => {
    if (path === FILTERS) filters += 1;
    if (filters === 1)
      bed.simulator.failNext({ kind: 'status', status: 400, method: 'POST', path: 'assignmentFilters$' });
    if (filters < 2) return bed.writer.write(method, path, ...rest);
    await until(async () => (await bed.items(restore)).length === 1, 0);
    dead.resolve();
    return new Promise(() => undefined);
  };
  await t.rejects(bed.attempt(restore, { write, gone: dead.promise }));
  await bed.attempt(restore);
  t.same(await outcomes(bed, restore), [
    ['Berlin', 'failed', 'created_not_assigned'],
    ['Corporate', 'failed', 'validation_failed'],
    ['Corporate', 'succeeded', null],
    ['Policy 0', 'failed', 'dependency_failed'],
  ]);
});

t.test('a filter that can’t be restored blocks the tag that is assigned with it', async (t) => {
  const bed = await createRestoreBed(t, contentWith(filterWith('9')));
  removePolicies(bed);
  const { planned } = await bed.preview();
  t.same(
    planned.map(({ name, action }) => [name, action]),
    [
      ['Berlin', 'blocked'],
      ['Corporate', 'blocked'],
      ['Policy 0', 'blocked'],
    ],
  );
});
