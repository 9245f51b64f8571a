import t from 'tap';
import { type HistoryReport, liveHistory } from './history.js';
import { INJECTED_BUGS } from './injected-bugs.js';

const long = process.env.OPSLEDGER_LONG === '1';
const SEEDS = long ? 5_000 : 200;
/** A bug that so many histories don't show would go unnoticed. */
const SEEDS_TO_FIND_A_BUG = 60;

t.test('no history breaks a promise', { timeout: 0 }, async (t) => {
  const totals: Record<string, number> = {};
  let virtualMs = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = await liveHistory(seed);
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
  const [first, second, other] = [await liveHistory(7), await liveHistory(7), await liveHistory(8)];
  t.equal(first.digest, second.digest);
  t.strictSame(first.trace, second.trace);
  t.not(first.digest, other.digest);
});

for (const bug of INJECTED_BUGS)
  t.test(`finds this mistake: ${bug}`, async (t) => {
    const lived: HistoryReport[] = [];
    while (lived.length < SEEDS_TO_FIND_A_BUG && !lived.at(-1)?.broken.length)
      lived.push(await liveHistory(lived.length + 1, bug));
    const last = lived.at(-1);
    const minutes = lived.reduce((sum, { virtualMs }) => sum + virtualMs, 0) / 60_000;
    t.comment(`${lived.length} seeds, ${minutes.toFixed(1)} virtual minutes: ${last?.broken[0]}`);
    t.ok(last?.broken.length, `seed ${last?.seed} shows it`);
  });
