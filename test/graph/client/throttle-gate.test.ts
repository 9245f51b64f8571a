import t from 'tap';
import { createThrottleGate } from '../../../src/graph/client/throttle-gate.js';
import { createWaitBudget } from '../../../src/graph/client/wait-budget.js';
import { createSeededChance } from '../../support/seeded-chance.js';
import { catalogContent, collected, simulatorAndClient } from '../simulator-and-client.js';
import { catalog } from './catalog-type.js';

t.test('requests that waited are sent one after another, and never too early', (t) => {
  const gate = createThrottleGate(createSeededChance(7));
  t.equal(gate.turn(500), 500, 'an open gate delays no request');
  gate.close(10_000);
  t.ok(gate.isClosed(9_999));
  const turns = Array.from({ length: 100 }, () => gate.turn(600));
  t.ok(turns.every((turnMs) => turnMs >= 10_000));
  const inOneSecond = (from: number) =>
    turns.filter((turnMs) => turnMs >= from && turnMs < from + 1000).length;
  for (const from of [10_000, 15_000, 25_000, 33_000])
    t.ok(inOneSecond(from) <= 10, `${inOneSecond(from)} start in the second from ${from}`);
  t.ok(new Set(turns).size > 95, 'no two at the same moment');
  const another = createThrottleGate(createSeededChance(8));
  another.close(10_000);
  t.notSame(
    [another.turn(600), another.turn(600)],
    turns.slice(0, 2),
    'another process starts at other moments',
  );
  gate.close(9_000);
  t.ok(gate.isClosed(9_999), 'a shorter wait opens nothing');
  t.notOk(gate.isClosed(10_000));
  t.end();
});

t.test('waits that overlap cost their budget once', async (t) => {
  const budget = createWaitBudget(60_000);
  t.equal(budget.spend(0, 40_000), 'spent');
  t.equal(budget.spend(10_000, 40_000), 'counted_before', 'another request waits for the same time');
  t.equal(budget.spend(20_000, 55_000), 'spent');
  t.equal(budget.remainingMs(), 5_000, 'only the 15 s more were taken');
  t.equal(budget.spend(55_000, 61_000), 'refused');
  t.ok(budget.affords(55_000, 60_000));
});

t.test('runs of one tenant share a wait', async (t) => {
  const { simulator, client, clock } = await simulatorAndClient(t, { content: catalogContent(2) });
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '30', path: 'configurationPolicies$' });
  await Promise.all([1, 2, 3].map(() => collected(client.policies(catalog))));
  t.ok(clock.monotonicMs() >= 30_000);
  const [first, ...others] = simulator
    .requests()
    .filter(({ path }) => path.endsWith('configurationPolicies'));
  t.equal(first?.status, 429);
  t.ok(others.length <= 5, 'nobody asks again and again while the tenant is throttled');
});
