import t from 'tap';
import { isSlow } from '../../../src/web/view/slow-words.js';

const START = Date.parse('2030-01-01T02:00Z');

/** A run that has been running for so long. */
const running = (tookMs: number) =>
  [{ bucket: 'running', created_at: START, started_at: START, finished_at: null }, START + tookMs] as const;

t.test('a run is slow when it takes noticeably longer than most runs of its type', async (t) => {
  for (const [medianMs, mostMs, tookMs, slow] of [
    [8_000, 9_000, 9_000, false],
    [8_000, 9_000, 13_001, true],
    [8_000, 60_000, 59_000, false],
    [600_000, 610_000, 899_000, false],
    [600_000, 610_000, 901_000, true],
    [3, 8, 900, false],
  ] as const) {
    const [run, now] = running(tookMs);
    t.equal(
      isSlow(run, { runs: 50, medianMs, mostMs }, now),
      slow,
      `${tookMs} ms beside ${medianMs} and ${mostMs}`,
    );
  }
});

t.test('a queued run is not slow, nor one of a type without usual times', async (t) => {
  const [run, now] = running(3_600_000);
  t.notOk(isSlow({ ...run, bucket: 'queued' }, { runs: 50, medianMs: 1, mostMs: 2 }, now));
  t.notOk(isSlow(run, undefined, now));
});
