import t from 'tap';
import type { LastPartReport } from '../../src/liveness/part-reports.js';
import { partStates } from '../../src/program/part-states.js';

const TYPES = ['a.read', 'b.write'];
const part = (over: Partial<LastPartReport>): LastPartReport => ({
  part: 'worker',
  name: 'w',
  appVersion: '1.0.0',
  silentMs: 1_000,
  ...over,
});
const worker = (types: readonly string[], over: Partial<LastPartReport> = {}) =>
  part({ types, runsInHand: 2, ...over });
const caretakers = [part({ part: 'dispatcher' }), part({ part: 'watchdog' }), part({ part: 'scheduler' })];

t.test('no part has a problem', async (t) => {
  const parts = partStates([worker(TYPES), worker(TYPES), ...caretakers], TYPES);
  t.match(parts.workers, { state: 'ok', detail: '2 at work, 4 runs in hand' });
  t.match(parts.watchdog, { state: 'ok' });
});

t.test('no worker now, no worker ever, or a silent one', async (t) => {
  t.match(partStates([], TYPES).workers, { state: 'degraded', detail: /^no sign of life: no process/ });
  const silent = worker(TYPES, { silentMs: 42_000 });
  t.match(partStates([silent], TYPES).workers, {
    state: 'degraded',
    detail: /the last one 42 s ago; runs wait/,
  });
});

t.test('types without a worker are reported once their last worker is silent for two minutes', async (t) => {
  const restarting = worker(['b.write'], { silentMs: 60_000 });
  t.match(partStates([worker(['a.read']), restarting], TYPES).workers, { state: 'ok' });
  const gone = worker(['b.write'], { silentMs: 121_000 });
  t.match(partStates([worker(['a.read']), gone], TYPES).workers, {
    state: 'degraded',
    detail: 'no worker takes b.write',
  });
});

t.test('trouble of a dispatcher or watchdog is reported unless another one works', async (t) => {
  const troubled = part({ part: 'watchdog', trouble: 'the database is away' });
  t.match(partStates([troubled], []).watchdog, { state: 'degraded', detail: 'the database is away' });
  t.match(partStates([troubled, part({ part: 'watchdog', name: 'x' })], []).watchdog, { state: 'ok' });
  t.match(partStates([], []).dispatcher, { state: 'degraded', detail: /pending runs are not sent again/ });
});

t.test('processes are counted by role, and trouble is shown with the process’s name', async (t) => {
  const [web, projector] = [part({ part: 'web' }), part({ part: 'projector', name: 'p' })];
  t.match(partStates([web, projector], [])['other processes'], {
    state: 'ok',
    detail: 'web: 1, projector: 1',
  });
  const late = { trouble: 'its clock is 75.0 s behind the event store’s' };
  t.match(partStates([web, { ...projector, ...late }], [])['other processes'], {
    state: 'degraded',
    detail: 'p: its clock is 75.0 s behind the event store’s',
  });
  t.match(partStates([worker(TYPES, late), worker(TYPES)], TYPES).workers, {
    state: 'degraded',
    detail: /^w: its clock is 75/,
  });
});
