import t from 'tap';
import { playHistory } from './history.js';

const long = process.env.OPSLEDGER_LONG === '1';
const SEEDS = long ? 5_000 : 50;

t.test('no history breaks a promise', { timeout: 0 }, async (t) => {
  const totals: Record<string, number> = {};
  let virtualMs = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = await playHistory(seed);
    virtualMs += report.virtualMs;
    for (const [what, many] of Object.entries(report.counts)) totals[what] = (totals[what] ?? 0) + many;
    if (report.broken.length > 0)
      t.fail(`seed ${seed}: npm run simulate -- --seed ${seed}`, { broken: report.broken });
  }
  t.comment(`${SEEDS} seeds, ${Math.round(virtualMs / 60_000)} virtual minutes`, totals);
  const ways = ['started', 'reused', 'takeovers', 'effects', 'RunAsked', 'RunCompleted', 'RunFailed'];
  for (const what of [...ways, 'RunReleased', 'RunAborted'])
    t.ok((totals[what] ?? 0) > 0, `the histories went this way too: ${what}`);
});

t.test('one seed is one history', async (t) => {
  const [first, second, other] = [await playHistory(7), await playHistory(7), await playHistory(8)];
  t.equal(first.digest, second.digest);
  t.strictSame(first.trace, second.trace);
  t.not(first.digest, other.digest);
});
