import fc from 'fast-check';
import t from 'tap';
import { TIMELINE_WIDTH, type TimelineEvent, timelineOf } from '../../../src/web/view/timeline.js';

const event = (type: string, at: number, more: Partial<TimelineEvent> = {}): TimelineEvent => ({
  type,
  at,
  attempt: null,
  ...more,
});
const kinds = (events: readonly TimelineEvent[], now = 1000) =>
  timelineOf(events, now)?.segments.map(({ kind, from, to }) => `${kind} ${from}-${to}`);

t.test('segments from the request to the end of a run', async (t) => {
  t.equal(timelineOf([], 0), null);
  t.same(kinds([event('RunQueued', 0), event('RunStarted', 10, { attempt: 1 }), event('RunCompleted', 40)]), [
    'queued 0-10',
    'working 10-40',
  ]);
  t.same(kinds([event('RunQueued', 0)], 70), ['queued 0-70'], 'a run that waits ends at the present');
});

t.test('a wait lasts until its announced end or until the run continues', async (t) => {
  const begun = [event('RunQueued', 0), event('RunStarted', 10, { attempt: 1 })];
  t.same(kinds([...begun, event('RunWaiting', 20, { until: 30 }), event('RunCompleted', 50)]), [
    'queued 0-10',
    'working 10-20',
    'waiting 20-30',
    'working 30-50',
  ]);
  t.same(kinds([...begun, event('RunWaiting', 20, { until: 90 }), event('RunFailed', 50)]), [
    'queued 0-10',
    'working 10-20',
    'waiting 20-50',
  ]);
});

t.test('attempts are separate, and the idle time between them is shown', async (t) => {
  const timeline = timelineOf(
    [
      event('RunQueued', 0),
      event('RunStarted', 10, { attempt: 1 }),
      event('RunReleased', 20),
      event('RunStarted', 60, { attempt: 2 }),
      event('RunCompleted', 100),
    ],
    0,
  );
  t.same(
    timeline?.segments.map(({ kind }) => kind),
    ['queued', 'working', 'idle', 'working'],
  );
  t.same(timeline?.attempts, [{ attempt: 2, at: 60, x: 0.6 * TIMELINE_WIDTH }]);
});

t.test('the time after a worker disappeared is shown as silent', async (t) => {
  const begun = [event('RunQueued', 0), event('RunStarted', 10, { attempt: 1, signAt: 0 })];
  t.same(
    kinds([...begun, event('RunAborted', 300, { signAt: 40, workerLost: true })]),
    ['queued 0-10', 'working 10-40', 'silent 40-300'],
    'until the run was ended for it',
  );
  t.same(
    kinds([
      ...begun,
      event('RunStarted', 200, { attempt: 2, signAt: 60 }),
      event('RunCompleted', 260, { signAt: 250 }),
    ]),
    ['queued 0-10', 'working 10-60', 'silent 60-200', 'working 200-260'],
    'until another worker took it over',
  );
  t.same(
    timelineOf(begun, 500, 90)?.segments.map(({ kind, from, to }) => `${kind} ${from}-${to}`),
    ['queued 0-10', 'working 10-90', 'silent 90-500'],
    'while it goes on, since its last sign of life',
  );
});

t.test('for any events, segments follow each other without a gap and stay inside', async () => {
  const type = fc.constantFrom('RunStarted', 'RunReleased', 'RunWaiting');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(type, fc.nat(50), fc.nat(200)), { maxLength: 30 }),
      fc.nat(500),
      (steps, tail) => {
        let at = 5;
        const events = [event('RunQueued', at)];
        for (const [kind, gap, wait] of steps) {
          at += gap;
          events.push(
            event(kind, at, { attempt: 1, ...(kind === 'RunWaiting' ? { until: at + wait } : {}) }),
          );
        }
        const timeline = timelineOf(events, at + tail);
        let end = 5;
        for (const segment of timeline?.segments ?? []) {
          if (segment.from !== end || segment.to <= segment.from) return false;
          end = segment.to;
        }
        return end === at + tail;
      },
    ),
  );
});
