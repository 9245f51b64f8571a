import t from 'tap';
import { type AttemptEvent, attemptsOf } from '../../../src/web/view/attempts.js';

const event = (type: string, at: number, more: Partial<AttemptEvent> = {}): AttemptEvent => ({
  type,
  at,
  attempt: null,
  worker: null,
  reason: null,
  reasonCode: null,
  signAt: at,
  ...more,
});
const started = (attempt: number, worker: string, at: number, signAt = at) =>
  event('RunStarted', at, { attempt, worker, signAt });

t.test('one worker hands back, another disappears, the third finishes', async (t) => {
  const attempts = attemptsOf([
    started(1, 'w-1', 100),
    event('RunReleased', 200, { reason: 'It stops.' }),
    started(1, 'w-2', 300),
    started(2, 'w-3', 900, 450),
    event('RunCompleted', 1000),
  ]);
  t.match(attempts, [
    { number: 1, worker: 'worker w-1', from: 100, to: 200, end: 'handed back: It stops.' },
    { number: 1, worker: 'worker w-2', from: 300, to: 450, end: /no sign of its worker/ },
    { number: 2, worker: 'worker w-3', from: 900, to: 1000, end: 'came to its end' },
  ]);
});

t.test('a running attempt has no end, and silence at its end isn’t counted as work', async (t) => {
  t.match(attemptsOf([started(1, 'w', 5)]), [{ to: null, end: '' }]);
  const lost = { reasonCode: 'worker_lost', reason: 'Lost.', signAt: 20 };
  t.match(attemptsOf([started(1, 'w', 5), event('RunAborted', 90, lost)]), [{ to: 20, end: /no sign/ }]);
  const failed = { reasonCode: 'graph_forbidden', reason: 'Refused.' };
  t.match(attemptsOf([started(1, 'w', 5), event('RunFailed', 9, failed)]), [
    { to: 9, end: 'failed: Refused.' },
  ]);
});

t.test('a program outside is named without the id of its API client', async (t) => {
  const client = '9be4754d-c41f-430f-ba08-05ccc467feb8';
  t.match(attemptsOf([started(1, `renewer-1@${client}`, 5)]), [{ worker: 'producer renewer-1' }]);
});

t.test('a run that failed before any worker took it has none', async (t) => {
  t.same(attemptsOf([event('RunFailed', 9, { reasonCode: 'dispatch_failed' })]), []);
});
