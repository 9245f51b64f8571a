import t from 'tap';
import { createSurplusSchedule } from '../../../src/bus/nats/surplus-schedule.js';

const limits = { total: 8, perTenant: 4, perType: { 'restore.execute': 1 } };
const type = 'drift.generate';

t.test(
  'commands of one tenant come back one after another, about twice as fast as they are needed',
  async (t) => {
    const schedule = createSurplusSchedule(limits);
    for (let n = 0; n < 500; n += 1) schedule.note(type, 400);
    // Four slots at 400 ms each need one every 100 ms, so they come back every 50 ms.
    const delays = Array.from({ length: 100 }, () => schedule.delayMs(0, 'a', type, 4));
    const steps = delays.slice(1).map((delay, n) => delay - (delays[n] ?? 0));
    t.ok(
      steps.every((step) => Math.abs(step - 50) < 1),
      `${steps.slice(0, 3)}`,
    );
    t.ok(Math.abs((delays[0] ?? 0) - 200) < 1, 'the first one after those that wait here already');
  },
);

t.test('tenants are independent, and a command that is due makes room for the next', async (t) => {
  const schedule = createSurplusSchedule(limits);
  const first = schedule.delayMs(0, 'a', type, 4);
  for (let n = 0; n < 1_000; n += 1) schedule.delayMs(0, 'a', type, 4);
  t.equal(schedule.delayMs(0, 'b', type, 4), first);
  t.equal(schedule.delayMs(60_000, 'a', type, 4), first);
});

t.test('a type with fewer slots puts its commands off for longer', async (t) => {
  const schedule = createSurplusSchedule(limits);
  t.ok(schedule.delayMs(0, 'a', 'restore.execute', 8) > schedule.delayMs(0, 'a', type, 8));
});

t.test('no command is delayed for longer than the limit', async (t) => {
  const schedule = createSurplusSchedule(limits);
  for (let n = 0; n < 100; n += 1) schedule.note(type, 600_000);
  const delays = Array.from({ length: 10_000 }, () => schedule.delayMs(0, 'a', type, 1));
  t.ok(delays.every((delay) => delay >= 10 && delay <= 300_000));
});

t.test('tenants without waiting commands are forgotten', async (t) => {
  const schedule = createSurplusSchedule(limits);
  const beganMs = performance.now();
  for (let n = 0; n < 200_000; n += 1) schedule.delayMs(n, `tenant-${n}`, type, 1);
  t.ok(performance.now() - beganMs < 60_000, 'sweeping does not grow with every tenant ever seen');
});
