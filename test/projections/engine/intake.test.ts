import t from 'tap';
import { BATCH_LIMITS, createIntake } from '../../../projections/engine/intake.js';
import { record } from '../../support/decider-spec.js';

t.test('the end of the log is reported once, also when live events came before anybody asked', async (t) => {
  const intake = createIntake(BATCH_LIMITS);
  const [event] = record([{ type: 'RunProgressNoted', data: { note: 'live' } }]);
  if (!event) throw new Error('one event was made');
  intake.caughtUp();
  intake.add(event, 100, 0);
  t.match(intake.take(), { caughtUp: true, events: { length: 1 } });
  t.match(intake.take(), { caughtUp: false, events: { length: 0 } });
});

t.test(
  'a whole batch is announced when it waits, by number or by size, and when nothing more comes',
  async (t) => {
    const [event] = record([{ type: 'RunProgressNoted', data: { note: 'live' } }]);
    if (!event) throw new Error('one event was made');
    const isFilled = async (intake: ReturnType<typeof createIntake>) => {
      const filled = intake.filled().then(() => true);
      return Promise.race([filled, new Promise((resolve) => setImmediate(resolve, false))]);
    };
    const limits = { batchEventsMax: 2, batchBytesMax: 1_000 };
    const byNumber = createIntake(limits);
    byNumber.add(event, 1, 0);
    t.notOk(await isFilled(byNumber), 'one of two');
    const announced = byNumber.filled();
    byNumber.add(event, 1, 0);
    await announced;
    byNumber.take();
    t.notOk(await isFilled(byNumber), 'taken');

    const bySize = createIntake(limits);
    bySize.add(event, 1_000, 0);
    t.ok(await isFilled(bySize), 'a large one');

    const failing = createIntake(limits);
    failing.fail(new Error('the log is gone'));
    t.ok(await isFilled(failing), 'failed');
    const closing = createIntake(limits);
    closing.close();
    t.ok(await isFilled(closing), 'closed');
  },
);
