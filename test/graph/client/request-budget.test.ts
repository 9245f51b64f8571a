import t from 'tap';
import { createRequestBudget } from '../../../src/graph/client/request-budget.js';
import { createTenantTraffic } from '../../../src/graph/client/tenant-traffic.js';
import { DOCUMENTED_LIMITS } from '../../../src/graph/request-limits.js';
import { createThrottleBudget } from '../../../src/graph/simulator/throttle-budget.js';
import { createSeededChance } from '../../support/seeded-chance.js';
import { limitedTo, skippingClock } from '../simulator-and-client.js';

const WINDOW_MS = 20_000;

t.test(
  'no window of the service holds more than the limit, and no request waits longer than it must',
  async (t) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const clock = skippingClock();
      const chance = createSeededChance(seed);
      const limits = limitedTo({ intune_reads: 50 });
      const service = createThrottleBudget(limits, clock);
      const budget = createRequestBudget({ clock, windowMs: () => WINDOW_MS, requestsMax: () => 50 });
      let refused = 0;
      const send = async () => {
        const { answered } = await budget.admit(1);
        // The service counts a request at some time between its sending and its answer.
        await clock.sleep(chance.fraction() * 300);
        if (service.spend({ tenant: 't', app: 'a', method: 'GET', path: 'deviceManagement/x' })) refused += 1;
        await clock.sleep(chance.fraction() * 300);
        answered();
      };
      await Promise.all(Array.from({ length: 260 }, send));
      t.equal(refused, 0, `seed ${seed}`);
      const windows = clock.monotonicMs() / WINDOW_MS;
      t.ok(windows >= 5 && windows < 8, `${windows} windows for 5.2 times the limit`);
    }
  },
);

t.test('requests are admitted in their order, and each learns until when it waits', async (t) => {
  const clock = skippingClock();
  const budget = createRequestBudget({ clock, windowMs: () => WINDOW_MS, requestsMax: () => 20 });
  const first = await budget.admit(20, { onWaiting: () => t.fail('it need not wait') });
  first.answered();
  const order: string[] = [];
  const untils: number[] = [];
  const onWaiting = (untilMs: number) => untils.push(untilMs);
  await Promise.all([
    budget.admit(20, { onWaiting }).then(({ answered }) => {
      order.push('large');
      answered();
    }),
    budget.admit(1, { onWaiting }).then(({ answered }) => {
      order.push('small');
      answered();
    }),
  ]);
  t.same(order, ['large', 'small']);
  t.equal(untils.length, 2);
  t.ok(untils.every((untilMs) => untilMs >= WINDOW_MS));

  const oneByOne = createRequestBudget({ clock, windowMs: () => 1000, requestsMax: () => 1 });
  (await oneByOne.admit(1)).answered();
  const begunMs = clock.monotonicMs();
  const expected: number[] = [];
  const learn = (untilMs: number) => expected.push(untilMs - begunMs);
  await Promise.all(
    [1, 2, 3, 4].map(() => oneByOne.admit(1, { onWaiting: learn }).then(({ answered }) => answered())),
  );
  t.same(expected, [1000, 2000, 3000, 4000], 'those before it leave one in each window');
});

t.test('a request that is given up makes room for the next, and doesn’t count', async (t) => {
  const clock = { ...skippingClock(), sleep: (_ms: number, signal?: AbortSignal) => untilAborted(signal) };
  const budget = createRequestBudget({ clock, windowMs: () => WINDOW_MS, requestsMax: () => 2 });
  const taken = await budget.admit(2);
  const abort = new AbortController();
  const givesUp = budget.admit(1, { signal: abort.signal });
  const next = budget.admit(1);
  abort.abort(new Error('stopped'));
  await t.rejects(givesUp, { message: 'stopped' });
  taken.unsent();
  t.ok(await next);
});

t.test('a batch that is larger than the limit is admitted alone', async (t) => {
  const clock = skippingClock();
  const budget = createRequestBudget({ clock, windowMs: () => WINDOW_MS, requestsMax: () => 1 });
  const { answered } = await budget.admit(20);
  answered();
  await budget.admit(20);
  t.ok(clock.monotonicMs() >= WINDOW_MS);
});

t.test('a process keeps to its share, and a refusal by one service holds back no other', async (t) => {
  const clock = skippingClock();
  let share = 0.5;
  const traffic = createTenantTraffic({ clock, chance: createSeededChance(1), share: () => share });
  const half = DOCUMENTED_LIMITS.intune_reads.ofApp / 2;
  (await traffic.admit('intune_reads', half, {})).answered();
  t.equal(clock.monotonicMs(), 0);
  const beyond = new AbortController();
  const { signal } = beyond;
  const refused = traffic.admit('intune_reads', 1, {
    signal,
    onWaiting: () => beyond.abort(new Error('waits')),
  });
  await t.rejects(refused, { message: 'waits' }, 'the other half belongs to others');
  share = 1;
  (await traffic.admit('intune_reads', half, {})).answered();
  t.equal(clock.monotonicMs(), 0, 'alone again, it may use the rest');
  await traffic.admit('intune_reads', 1, {});
  t.ok(clock.monotonicMs() >= WINDOW_MS);

  share = 0.25;
  const beforeMs = clock.monotonicMs();
  (await traffic.admit('conditional_access', 1, {})).answered();
  await traffic.admit('conditional_access', 1, {});
  t.equal(clock.monotonicMs() - beforeMs, 4000, 'a quarter of one request a second is one in four seconds');
  share = 1;

  traffic.gateOf('conditional_access').close(clock.monotonicMs() + 1000);
  t.notOk(traffic.gateOf('intune_reads').isClosed(clock.monotonicMs()));
  traffic.gateOf('intune_writes').close(clock.monotonicMs() + 1000);
  t.ok(traffic.gateOf('intune_reads').isClosed(clock.monotonicMs()), 'Intune counts both');
});

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}
