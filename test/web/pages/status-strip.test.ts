import t from 'tap';
import { stripOf } from '../../../src/web/pages/page-frame.js';
import type { SystemStatus } from '../../../src/web/ports/status.js';

const TENANT = '0b7f3c1e-7d3f-4a53-9d0c-1f0f5f1f5a01';
const OTHER = '5f0e9a52-0d8b-4f0e-8a6b-2f3a4c5d6e7f';
const time = { now: 1_000_000, zone: 'UTC' };
const healthy: SystemStatus = {
  databaseIsSilent: false,
  headPosition: 100,
  building: null,
  lagSeconds: null,
  parts: {},
  workers: [],
};
const report = { silentMs: 900, caughtUp: false, lagMs: 300, pausedReason: null, pausedEvent: null };
type Facts = Parameters<typeof stripOf>[0];
const strip = (facts: Partial<Facts>) =>
  stripOf({ status: healthy, report, tenantId: TENANT, position: 90, time, ...facts });

t.test('the strip says how far behind a page is', async (t) => {
  t.match(strip({}), { lag: '0.3 s behind', problem: null });
  t.match(strip({ report: { ...report, caughtUp: true } }), { lag: 'up to date' });
  t.match(strip({ report: { ...report, lagMs: 90_000 }, position: 100 }), {
    lag: 'up to date',
    problem: null,
  });
  t.match(strip({ report: undefined, position: -1 }), { lag: 'lag unknown', problem: null });
});

t.test('it names problems, the worst first', async (t) => {
  const late = { ...report, lagMs: 60_000 };
  t.match(strip({ report: late }).problem, /catching up/);
  const part = {
    ...healthy,
    parts: { 'event store': { state: 'down', detail: 'does not answer' } },
  } as const;
  t.equal(strip({ status: part, report: late }).problem, 'event store: does not answer');
  const silent = { ...late, silentMs: 60_000 };
  t.equal(strip({ status: part, report: silent }).problem, 'the projector has been silent for 1 min');
  const paused = { ...silent, pausedReason: 'the event is damaged', pausedEvent: `operation-${TENANT}.b@7` };
  t.equal(
    strip({ status: part, report: paused }).problem,
    `the read models wait at operation-${TENANT}.b@7: the event is damaged`,
  );
});

t.test('a projector that died after it caught up is not shown as up to date', async (t) => {
  const dead = { ...report, caughtUp: true, silentMs: 3_600_000 };
  t.match(strip({ report: dead }), {
    lag: 'not updated for 1 h',
    problem: 'the projector has been silent for 1 h',
  });
  t.equal(
    strip({ report: dead, position: 100 }).lag,
    'not updated for 1 h',
    'nor at the position known last',
  );
});

t.test('another tenant’s event is never named', async (t) => {
  for (const stream of [`operation-${OTHER}.b`, `tenant-${OTHER}`, `finding-${OTHER}.${TENANT}`]) {
    const pausedReason = `${stream}@7 (RunQueued) is of an unknown type`;
    const { problem } = strip({ report: { ...report, pausedReason, pausedEvent: `${stream}@7` } });
    t.match(problem, /the read models wait: an event that this program can’t read/);
    t.notMatch(problem, new RegExp(OTHER));
  }
});
