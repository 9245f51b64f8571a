import { parseArgs } from 'node:util';
import { writeYear } from './write-year.js';

/** `npm run demo:year [-- --data DIR --runs N --seed N]`: fills a data folder with a year of runs to look at. */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.data-year' },
    runs: { type: 'string', default: '4000' },
    seed: { type: 'string', default: '1' },
  },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed))
  throw new TypeError('--runs and --seed are whole numbers, and there is at least one run');
const written = await writeYear(values.data, { runs, seed, until: Date.now() });
process.stdout.write(
  `Wrote ${written.runs} runs of a year. Look at them with npm start -- --data ${values.data}\n`,
);
