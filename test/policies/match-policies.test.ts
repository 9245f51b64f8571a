import t from 'tap';
import { comparePolicySets } from '../../src/policies/compare-policy-sets.js';
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

const key = (policyType: string, id: string, nameKey: string): PolicyKey => ({
  policyType,
  id,
  name: '[redacted:email]',
  nameKey,
});

t.test('policies are paired by their exact name, not by the displayed name', (t) => {
  const { onlyBefore, onlyAfter } = pairById([key('t', '1', 'User a@x')], [key('t', '2', 'User b@x')]);
  t.same(
    pairByName({ onlyBefore, onlyAfter }, () => '').map(({ recreated }) => recreated),
    [false, false],
  );
  t.match(
    pairByName({ onlyBefore, onlyAfter: [key('t', '2', 'User a@x')] }, () => ''),
    [{ recreated: true }],
  );
  t.same(
    pairByName({ onlyBefore: [key('t', '1', '')], onlyAfter: [key('t', '2', '')] }, () => '').length,
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
    pairByName({ onlyBefore: [oldPolicy], onlyAfter: [newPolicy, other] }, () => ''),
  );
  t.same(moves.get(oldPolicy), [newPolicy]);
  t.same(moves.get(newPolicy), [oldPolicy]);
  t.notOk(moves.has(other));
  t.end();
});
