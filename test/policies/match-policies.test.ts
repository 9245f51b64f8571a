import t from 'tap';
import { comparePolicySets, type PolicyInSet } from '../../src/policies/compare-policy-sets.js';
import { type PolicyKey, pairById, pairByName, probableMoves } from '../../src/policies/match-policies.js';
import { catalogPolicy, choice } from './policy-builder.js';

t.test('re-created policies with the same name are paired by their content first', (t) => {
  const policy = (id: string, value: string) => catalogPolicy([choice('s', value)], { id, name: 'Twin' });
  const before = [policy('1', 's_a'), policy('2', 's_b')];
  const after = [policy('3', 's_b'), policy('4', 's_a')];
  const findings = comparePolicySets(before, after);
  t.same(
    findings.map(({ subjectId, subjectIdBefore, settingsChanged }) => [
      subjectIdBefore,
      subjectId,
      settingsChanged.length,
    ]),
    [
      ['2', '3', 0],
      ['1', '4', 0],
    ],
  );
  t.end();
});

t.test('re-created policies of which only one half is equal are paired by that half', (t) => {
  const group = (groupId: string) => [{ target: { groupId } }];
  const policy = (id: string, value: string, groupId: string) =>
    catalogPolicy([choice('s', value)], { id, name: 'Twin', assignments: group(groupId) });
  const before = [policy('1', 's_a', 'g1'), policy('2', 's_b', 'g2')];
  const pairsWith = (...after: PolicyInSet[]) =>
    comparePolicySets(before, after)
      .map(({ kind, subjectIdBefore, subjectId }) => `${kind} ${subjectIdBefore} ${subjectId}`)
      .filter((pair) => pair.startsWith('changed'));
  t.same(
    pairsWith(policy('3', 's_b', 'g3'), policy('4', 's_a', 'g4')),
    ['changed 2 3', 'changed 1 4'],
    'equal settings',
  );
  t.same(
    pairsWith(policy('3', 's_c', 'g2'), policy('4', 's_d', 'g1')),
    ['changed 2 3', 'changed 1 4'],
    'equal assignments',
  );
  t.same(
    pairsWith(policy('3', 's_b', 'g1'), policy('4', 's_d', 'g2')),
    ['changed 2 3', 'changed 1 4'],
    'settings count more than assignments',
  );
  t.end();
});

const ALIKE = { settings: '', assignments: '' };

const key = (policyType: string, id: string, nameKey: string): PolicyKey => ({
  policyType,
  id,
  name: '[redacted:email]',
  nameKey,
});

t.test('policies are paired by their exact name, not by the displayed name', (t) => {
  const { onlyBefore, onlyAfter } = pairById([key('t', '1', 'User a@x')], [key('t', '2', 'User b@x')]);
  t.same(
    pairByName({ onlyBefore, onlyAfter }, () => ALIKE).map(({ recreated }) => recreated),
    [false, false],
  );
  t.match(
    pairByName({ onlyBefore, onlyAfter: [key('t', '2', 'User a@x')] }, () => ALIKE),
    [{ recreated: true }],
  );
  t.same(
    pairByName({ onlyBefore: [key('t', '1', '')], onlyAfter: [key('t', '2', '')] }, () => ALIKE).length,
    2,
    'nor without one',
  );
  t.end();
});

t.test('a name that disappeared in one type and appeared in another is a probable move', (t) => {
  const oldPolicy = key('intents', '1', 'Disk');
  const newPolicy = key('configurationPolicies', '2', 'Disk');
  const other = key('configurationPolicies', '3', 'Firewall');
  const moves = probableMoves(
    pairByName({ onlyBefore: [oldPolicy], onlyAfter: [newPolicy, other] }, () => ALIKE),
  );
  t.same(moves.get(oldPolicy), [newPolicy]);
  t.same(moves.get(newPolicy), [oldPolicy]);
  t.notOk(moves.has(other));
  t.end();
});
