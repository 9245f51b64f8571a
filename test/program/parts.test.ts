import { pino } from 'pino';
import t from 'tap';
import type { Clock } from '../../src/clock.js';
import { Parts, StoppedWhileStartingError } from '../../src/program/parts.js';

const logger = pino({ level: 'silent' });

t.test('parts are stopped in the opposite order, even when one of them fails', async (t) => {
  const parts = new Parts(logger);
  const stopped: string[] = [];
  for (const name of ['first', 'second', 'third'])
    await parts.add(
      name,
      () => name,
      (part) => {
        stopped.push(part);
        if (part === 'second') throw new Error('it will not');
      },
    );
  await parts.stop();
  await parts.stop();
  t.strictSame(stopped, ['third', 'second', 'first']);
  t.strictSame(parts.unstopped, ['second']);
});

t.test('a part that comes up after a failure is stopped, and the stop waits for that', async (t) => {
  const parts = new Parts(logger);
  let comeUp: (part: string) => void = () => undefined;
  const stopped: string[] = [];
  const late = parts.add(
    'late',
    () =>
      new Promise<string>((resolve) => {
        comeUp = resolve;
      }),
    (part) => void stopped.push(part),
  );
  const failing = parts.add(
    'failing',
    () => Promise.reject(new Error('no')),
    () => undefined,
  );
  await t.rejects(Promise.all([late, failing]), { message: 'no' });
  const stop = parts.stop();
  comeUp('late');
  await stop;
  t.strictSame(stopped, ['late']);
  await t.rejects(late, StoppedWhileStartingError);
  await t.rejects(
    parts.add(
      'later still',
      () => t.fail('it must not be started'),
      () => undefined,
    ),
    StoppedWhileStartingError,
  );
});

t.test('parts that never stop are given up after a common limit', async (t) => {
  let nowMs = 0;
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(ms) {
      nowMs += ms;
    },
  };
  const parts = new Parts(logger, clock);
  const never = () => new Promise<void>(() => undefined);
  for (let part = 1; part <= 10; part++) await parts.add(`${part}`, () => part, never);
  await parts.add('with its own', () => 0, never, { stopWithinMs: 60_000 });
  await parts.stop();
  t.equal(parts.unstopped.length, 11);
  t.equal(nowMs, 60_000 + 2 * 5_000 + 8 * 250);
});

t.test('a part that never comes up is given up after its limit', async (t) => {
  let nowMs = 0;
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(ms) {
      nowMs += ms;
    },
  };
  const parts = new Parts(logger, clock);
  const never = () => new Promise<void>(() => undefined);
  void parts.add('coming up', never, () => undefined);
  await parts.stop();
  t.strictSame(parts.unstopped, ['coming up']);
  t.equal(nowMs, 5_000);
});
