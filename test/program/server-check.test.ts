import t from 'tap';
import { type Clock, systemClock } from '../../src/clock.js';
import { createServerCheck } from '../../src/program/server-check.js';
import type { PartStatus } from '../../src/web/ports/status.js';
import { silent } from '../support/database.js';
import { until } from '../support/until.js';

t.test('a check that gets no answer is reported before it ends', async (t) => {
  let ms = 0;
  let answer: (status: PartStatus) => void = () => undefined;
  let looks = 0;
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => ms,
    sleep: (_, signal) => systemClock.sleep(1, signal),
  };
  const look = () =>
    new Promise<PartStatus>((resolve) => {
      looks += 1;
      answer = resolve;
    });
  const watched = createServerCheck('test', look, { clock, logger: silent });
  watched.checking.start();
  const answered = async (status: PartStatus) => {
    const before = looks;
    answer(status);
    await until(() => looks !== before, 1);
  };
  const well: PartStatus = { state: 'ok', detail: 'answers' };
  await answered(well);
  t.same(watched.status(), well);
  ms += 4_900;
  t.same(watched.status(), well, 'slow');
  ms += 1_000;
  t.same(watched.status(), { state: 'down', detail: 'has not answered for 6 s' });
  t.notOk(watched.isFrozen(), 'it may only be slow');
  ms += 10_000;
  t.ok(watched.isFrozen());
  await answered({ state: 'down', detail: 'does not answer' });
  t.match(
    watched.status(),
    { state: 'down', detail: 'has not answered for 16 s' },
    'the next look hangs as well',
  );
  await answered(well);
  t.same(watched.status(), well);
  t.notOk(watched.isFrozen());
  const refused: PartStatus = { state: 'down', detail: 'takes no events' };
  for (let n = 0; n < 5; n++) {
    await answered(refused);
    ms += 1_000;
  }
  t.same(watched.status(), refused, 'looks that are refused at once are answered');
  const stopped = watched.checking.stop();
  answer(well);
  await stopped;
});
