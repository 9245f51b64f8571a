import t from 'tap';
import type { WorkerReport } from '../../../src/web/ports/status.js';
import { waitReasons } from '../../../src/web/view/queue-words.js';

const OK = { 'command bus': { state: 'ok', detail: 'in this process' } } as const;
const alone = { before: 0, countedMax: 100, running: 0 };
const worker = (more: Partial<WorkerReport> = {}): WorkerReport => ({
  name: 'w-1',
  appVersion: '1.0.0',
  types: ['inventory.sync'],
  runsInHand: 0,
  silentMs: 500,
  ...more,
});
const run = { type: 'inventory.sync', carriedOutBy: 'worker' } as const;

t.test('no worker takes the type', async (t) => {
  t.match(waitReasons(run, { parts: OK, workers: [] }, alone), [/^No worker gives a sign of life/]);
  const other = worker({ types: ['drift.generate'] });
  t.match(waitReasons(run, { parts: OK, workers: [other] }, alone), [
    /^No worker for inventory\.sync has given/,
  ]);
  const silent = worker({ silentMs: 121_000 });
  t.match(waitReasons(run, { parts: OK, workers: [silent] }, alone), [/^No worker gives a sign of life/]);
});

t.test('the workers are busy, and the tenant waits for its turn', async (t) => {
  const workers = [worker({ runsInHand: 3 }), worker({ name: 'w-2', runsInHand: 1 })];
  t.same(waitReasons(run, { parts: OK, workers }, { before: 1, countedMax: 100, running: 4 }), [
    '2 workers take this type and have 4 runs in hand.',
    '1 run of this tenant was queued before it.',
    'This tenant has 4 runs at work; tenants take turns.',
  ]);
  const many = waitReasons(run, { parts: OK, workers }, { before: 101, countedMax: 100, running: 0 });
  t.equal(many[1], 'More than 100 runs of this tenant were queued before it.');
});

t.test('the bus is away, and runs of an outside producer wait for its claim', async (t) => {
  const parts = { 'command bus': { state: 'down', detail: 'no connection to NATS' } } as const;
  t.match(waitReasons(run, { parts, workers: [worker()] }, alone), [
    'The command bus can’t be reached: no connection to NATS.',
    /nothing in hand/,
  ]);
  const produced = { type: 'inventory.sync', carriedOutBy: 'producer' } as const;
  t.match(waitReasons(produced, { parts: OK, workers: [] }, alone), [/^A program outside/]);
});
