import t from 'tap';
import { comparePolicySets } from '../../src/policies/compare-policy-sets.js';
import {
  assignedTo,
  between,
  catalogPolicy,
  choice,
  groups,
  plainPolicy,
  simple,
  simples,
} from './policy-builder.js';

t.test('settings are named by the chain of their definition ids', (t) => {
  const before = catalogPolicy([
    choice('edge_mode', 'edge_mode_1', [choice('edge_mode_level', 'edge_mode_level_2')]),
    simple('timeout', 5, 'Integer'),
    simples('paths', ['b', 'a']),
    choice('gone', 'gone_0'),
  ]);
  const after = catalogPolicy(
    [
      choice('edge_mode', 'edge_mode_1', [choice('edge_mode_level', 'edge_mode_level_3')]),
      simple('timeout', 6, 'Integer'),
      simples('paths', ['a', 'c', 'b']),
      choice('new', 'new_1', [simple('new_text', 'hello')]),
    ],
    { raw: { description: 'now described' } },
  );
  t.match(between(before, after), [
    {
      kind: 'changed',
      recreated: false,
      nameBefore: null,
      settingsAdded: [
        { path: 'new', values: ['new_1'] },
        { path: 'new/new_text', values: ['"hello"'] },
      ],
      settingsRemoved: [{ path: 'gone', values: ['gone_0'] }],
      settingsChanged: [
        { path: 'description', before: ['""'], after: ['"now described"'] },
        { path: 'edge_mode/edge_mode_level', before: ['edge_mode_level_2'], after: ['edge_mode_level_3'] },
        { path: 'paths', before: ['"a"', '"b"'], after: ['"a"', '"b"', '"c"'] },
        { path: 'timeout', before: ['5'], after: ['6'] },
      ],
    },
  ]);
  t.end();
});

t.test('a policy is followed through renaming and re-creation', (t) => {
  const a = catalogPolicy([choice('s', 's_1')], { id: 'a', name: 'Kept' });
  const findings = comparePolicySets(
    [
      a,
      catalogPolicy([choice('s', 's_1')], { id: 'b', name: 'Old name' }),
      catalogPolicy([choice('s', 's_1')], { id: 'c', name: 'Re-created' }),
      catalogPolicy([], { id: 'd', name: 'Removed' }),
      catalogPolicy([], { id: 'n1', name: '' }),
    ],
    [
      catalogPolicy([choice('s', 's_1')], { id: 'A', name: 'Kept' }),
      catalogPolicy([choice('s', 's_1')], { id: 'b', name: 'New name' }),
      catalogPolicy([choice('s', 's_1')], { id: 'c2', name: 'Re-created' }),
      plainPolicy('deviceConfigurations', {}, { id: 'd', name: 'Removed' }),
      catalogPolicy([], { id: 'n2', name: '' }),
    ],
  );
  const summaries = findings.map((f) => [
    f.kind,
    f.name,
    f.nameBefore,
    f.subjectId,
    f.subjectIdBefore,
    f.recreated,
  ]);
  t.same(summaries, [
    ['removed', '', null, 'n1', null, false],
    ['added', '', null, 'n2', null, false],
    ['changed', 'New name', 'Old name', 'b', null, false],
    ['changed', 'Re-created', null, 'c2', 'c', true],
    ['removed', 'Removed', null, 'd', null, false],
    ['added', 'Removed', null, 'd', null, false],
  ]);
  t.end();
});

t.test('two groups that swap values are a change, reported at their collection', (t) => {
  const rule = (name: string, port: string) => [simple('rule_name', name), simple('rule_port', port)];
  const before = catalogPolicy([groups('rules', [rule('web', '443'), rule('ssh', '22')])]);
  const after = catalogPolicy([groups('rules', [rule('web', '22'), rule('ssh', '443')])]);
  t.match(between(before, after), [{ kind: 'changed', settingsChanged: [{ path: 'rules' }] }]);
  const reordered = catalogPolicy([groups('rules', [rule('ssh', '22'), rule('web', '443')])]);
  t.same(between(before, reordered), []);
  const changed = catalogPolicy([groups('rules', [rule('web', '8443'), rule('ssh', '22')])]);
  t.match(between(before, changed), [{ settingsChanged: [{ path: 'rules/rule_port' }] }]);
  t.end();
});

t.test('other policies are named by the paths of their properties', (t) => {
  const oma = (omaUri: string, value: number) => ({ omaUri, value });
  const before = plainPolicy('deviceConfigurations', {
    '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
    omaSettings: [oma('./A', 1), oma('./B', 2)],
    passwordMinimumLength: null,
    rules: { inner: { grace: 6 } },
    homeScreenPages: ['one', 'two'],
  });
  const after = plainPolicy('deviceConfigurations', {
    '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
    omaSettings: [oma('./C', 3), oma('./A', 4)],
    passwordMinimumLength: 8,
    rules: { inner: { grace: 7 } },
    homeScreenPages: ['two', 'one'],
  });
  const [finding] = between(before, after);
  t.same(
    finding?.settingsAdded.map(({ path }) => path),
    ['omaSettings/./C/omaUri', 'omaSettings/./C/value'],
  );
  t.same(
    finding?.settingsRemoved.map(({ path }) => path),
    ['omaSettings/./B/omaUri', 'omaSettings/./B/value'],
  );
  t.match(finding?.settingsChanged, [
    { path: 'homeScreenPages', before: ['"one"', '"two"'], after: ['"two"', '"one"'], reordered: true },
    { path: 'omaSettings/./A/value', before: ['1'], after: ['4'] },
    { path: 'passwordMinimumLength', before: ['null'], after: ['8'] },
    { path: 'rules/inner/grace', before: ['6'], after: ['7'] },
  ]);
  t.end();
});

t.test('changed assignments are a separate finding', (t) => {
  const pilot = assignedTo('groupAssignmentTarget', { groupId: 'g1' });
  const everyone = assignedTo('allDevicesAssignmentTarget');
  const before = catalogPolicy([choice('s', 's_1')], { assignments: [pilot] });
  const after = catalogPolicy([choice('s', 's_2')], { assignments: [everyone] });
  t.match(between(before, after), [
    { kind: 'changed', assignmentsAdded: [], settingsChanged: [{ path: 's' }] },
    {
      kind: 'assignment_changed',
      settingsChanged: [],
      assignmentsAdded: ['all devices'],
      assignmentsRemoved: ['group g1'],
    },
  ]);
  t.end();
});

t.test('an exclusion and an inclusion are different assignments', (t) => {
  const before = catalogPolicy([], { assignments: [assignedTo('groupAssignmentTarget', { groupId: 'g1' })] });
  const excluded = [assignedTo('exclusionGroupAssignmentTarget', { groupId: 'g1' })];
  t.match(between(before, catalogPolicy([], { assignments: excluded })), [{ kind: 'assignment_changed' }]);
  t.end();
});
