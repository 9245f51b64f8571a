import t from 'tap';
import type { RunRow } from '../../../src/web/hub/run-order.js';
import { rowDetail, runSentence } from '../../../src/web/view/run-words.js';

const time = { now: Date.UTC(2026, 10, 21, 13, 0), zone: 'Europe/Berlin' };
const running = {
  bucket: 'running',
  total: 60,
  processed: 2,
  succeeded: 2,
  failed: 0,
  skipped: 0,
  note: 'Reading scripts',
  waiting_reason_code: null,
  waiting_until: null,
  finished_at: null,
} as RunRow;
const waiting = (until: number, code = 'graph_throttled'): RunRow => ({
  ...running,
  waiting_reason_code: code,
  waiting_until: until,
});

t.test('a waiting run says until when and for what it waits', async (t) => {
  const run = waiting(time.now + 20_000);
  t.equal(rowDetail(run, time), 'waits until 14:00:20: Graph asked to slow down');
  t.equal(
    runSentence(run, time),
    'Of 60 items, 2 succeeded. It waits until 14:00:20: Graph asked to slow down.',
  );
  t.equal(
    rowDetail(waiting(time.now + 86_400_000), time),
    'waits until 22 Nov 14:00:00: Graph asked to slow down',
  );
  t.equal(rowDetail(waiting(time.now + 1000, 'code_of_a_producer'), time), 'waits until 14:00:01');
});

t.test('a wait that is over is not shown', async (t) => {
  const run = waiting(time.now - 1);
  t.equal(rowDetail(run, time), 'Reading scripts');
  t.equal(runSentence(run, time), 'Of 60 items, 2 succeeded. Reading scripts.');
  t.equal(
    runSentence({ ...run, note: null }, time),
    'Of 60 items, 2 succeeded. A worker is carrying it out.',
  );
});

t.test('an ended run says how many items it didn’t process', async (t) => {
  const failed = {
    ...running,
    bucket: 'failed',
    reason_code: 'worker_lost',
    reason: 'The worker disappeared once; the run is not taken over again.',
    finished_at: time.now,
    first_failure: null,
  } as RunRow;
  const { reason } = failed;
  t.equal(runSentence(failed, time), `${reason} Of 60 items, 2 succeeded, 58 not reached.`);
  t.equal(
    runSentence({ ...failed, processed: 0, succeeded: 0 }, time),
    `${reason} None of 60 items was reached.`,
  );
  t.equal(
    runSentence({ ...failed, total: null }, time),
    `${reason} Of 2, 2 succeeded.`,
    'an unknown total says nothing of the rest',
  );
});
