import t from 'tap';
import { type HistoryReport, playHistory } from './history.js';
import { INJECTED_BUGS } from './injected-bugs.js';

/** Each bug must break a rule in one of this many histories. */
const SEEDS_TO_FIND_A_BUG = 60;

for (const bug of INJECTED_BUGS)
  t.test(`finds this mistake: ${bug}`, async (t) => {
    const lived: HistoryReport[] = [];
    while (lived.length < SEEDS_TO_FIND_A_BUG && !lived.at(-1)?.broken.length)
      lived.push(await playHistory(lived.length + 1, bug));
    const last = lived.at(-1);
    const minutes = lived.reduce((sum, { virtualMs }) => sum + virtualMs, 0) / 60_000;
    t.comment(`${lived.length} seeds, ${minutes.toFixed(1)} virtual minutes: ${last?.broken[0]}`);
    t.ok(last?.broken.length, `seed ${last?.seed} shows it`);
  });
