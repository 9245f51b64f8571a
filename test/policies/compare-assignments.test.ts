import t from 'tap';
import type { JsonObject } from '../../src/ledger/canonical-json.js';
import { compareAssignments } from '../../src/policies/compare-policies.js';
import { assignedTo } from './policy-builder.js';

const GROUP = '0c0c0c0c-0000-4000-8000-00000000000a';
const toGroup = (rest: JsonObject = {}, target: JsonObject = {}): JsonObject => ({
  ...assignedTo('groupAssignmentTarget', { groupId: GROUP, ...target }),
  ...rest,
});
const schedule = (type: string, more: JsonObject) => ({
  runSchedule: { '@odata.type': `#microsoft.graph.deviceHealthScript${type}Schedule`, ...more },
});
const parts = (before: JsonObject, after: JsonObject) =>
  compareAssignments([before], [after]).assignmentsChanged.flatMap((change) => change.parts);

t.test('schedules and all other properties of an assignment', (t) => {
  const daily = toGroup({
    runRemediationScript: true,
    ...schedule('Daily', { interval: 1, time: '03:00:00.0000000', useUtc: false }),
  });
  const hourly = toGroup({ runRemediationScript: false, ...schedule('Hourly', { interval: 4 }) });
  t.same(parts(daily, hourly), [
    {
      name: 'schedule',
      before: 'daily, interval 1, time 03:00:00, useUtc false',
      after: 'hourly, interval 4',
    },
    { name: 'runRemediationScript', before: 'true', after: 'false' },
  ]);
  t.same(parts(toGroup({ intent: 'required' }), toGroup({ intent: 'uninstall' })), [
    { name: 'intent', before: 'required', after: 'uninstall' },
  ]);
  t.match(
    parts(toGroup({ settings: { restart: 'now' } }), toGroup()),
    [{ name: 'settings', after: null }],
    'unknown parts too',
  );
  t.match(
    parts(
      toGroup(),
      toGroup(
        {},
        {
          deviceAndAppManagementAssignmentFilterId: GROUP,
          deviceAndAppManagementAssignmentFilterType: 'exclude',
        },
      ),
    ),
    [{ name: 'filter', before: null, after: `exclude ${GROUP}` }],
  );
  t.end();
});

t.test('ids, annotations, nulls and different formats of a value don’t count', (t) => {
  const one = toGroup(schedule('Once', { date: '2026-05-01', time: '02:00:00', useUtc: null }));
  const other = {
    ...toGroup(schedule('Once', { date: '2026-05-01', time: '02:00:00.0000000' }), {
      groupId: GROUP.toUpperCase(),
      collectionId: null,
    }),
    id: 'another',
    sourceId: 'policy',
    source: 'direct',
    '@odata.type': '#microsoft.graph.deviceHealthScriptAssignment',
    'target@odata.navigationLink': 'x',
  };
  t.same(compareAssignments([one], [other, one]), {
    assignmentsAdded: [],
    assignmentsRemoved: [],
    assignmentsChanged: [],
  });
  t.end();
});

t.test('two assignments to one target are reported as removed and added', (t) => {
  const { assignmentsAdded, assignmentsRemoved, assignmentsChanged } = compareAssignments(
    [toGroup({ intent: 'a' }), toGroup({ intent: 'b' })],
    [toGroup({ intent: 'c' })],
  );
  t.same(assignmentsChanged, []);
  t.same(assignmentsAdded, [`group ${GROUP}, intent c`]);
  t.equal(assignmentsRemoved.length, 2);
  t.end();
});
