import t from 'tap';
import { stripOf } from '../../../src/web/pages/page-frame.js';
import type { SystemStatus } from '../../../src/web/ports.js';

const time = { now: 1_000_000, zone: 'UTC' };
const healthy: SystemStatus = { headPosition: 100, lagSeconds: null, parts: {} };
const report = { saidAt: time.now, caughtUp: false, lagMs: 300, pausedReason: null, pausedEvent: null };

t.test('the strip says how far behind a page is', async (t) => {
  t.match(stripOf(healthy, report, 90, time), { lag: '0.3 s behind', problem: null });
  t.match(stripOf(healthy, { ...report, caughtUp: true }, 90, time), { lag: 'up to date' });
  t.match(stripOf(healthy, { ...report, lagMs: 90_000 }, 100, time), { lag: 'up to date', problem: null });
  t.match(stripOf(healthy, undefined, -1, time), { lag: 'lag unknown', problem: null });
});

t.test('and what is wrong, the gravest first', async (t) => {
  const late = { ...report, lagMs: 60_000 };
  t.match(stripOf(healthy, late, 90, time).problem, /catching up/);
  const part = {
    ...healthy,
    parts: { 'event store': { state: 'down', detail: 'does not answer' } },
  } as const;
  t.equal(stripOf(part, late, 90, time).problem, 'event store: does not answer');
  const silent = { ...late, saidAt: time.now - 60_000 };
  t.equal(stripOf(part, silent, 90, time).problem, 'the projector has been silent for 1 min');
  const paused = { ...silent, pausedReason: 'the event is damaged', pausedEvent: 'operation-a.b@7' };
  t.match(stripOf(part, paused, 90, time).problem, /wait at operation-a\.b@7: the event is damaged/);
});
