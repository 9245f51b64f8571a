import t from 'tap';
import { BATCH_LIMITS, createIntake } from '../../../projections/engine/intake.js';
import { record } from '../../support/decider-spec.js';

t.test(
  'that the log was caught up with is told once, also when live events came before anybody asked',
  async (t) => {
    const intake = createIntake(BATCH_LIMITS);
    const [event] = record([{ type: 'RunProgressNoted', data: { note: 'live' } }]);
    if (!event) throw new Error('one event was made');
    intake.caughtUp();
    intake.add(event, 100);
    t.match(intake.take(), { caughtUp: true, events: { length: 1 } });
    t.match(intake.take(), { caughtUp: false, events: { length: 0 } });
  },
);
