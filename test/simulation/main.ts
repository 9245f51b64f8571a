import { parseArgs } from 'node:util';
import { playHistory } from './history.js';
import { INJECTED_BUGS } from './injected-bugs.js';

/**
 * `npm run simulate -- --seeds 1000 [--seed 1]`: plays histories from the first seed on, one after another, and
 * prints the trace of each that breaks a promise. `--bug <name>` plays with a deliberate mistake; `--trace` prints
 * the trace of good histories, too.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    bug: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const count = Number(values.seeds);
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count))
  throw new TypeError('--seed and --seeds are whole numbers');
const bug = INJECTED_BUGS.find((name) => name === values.bug);
if (values.bug !== undefined && !bug) throw new TypeError(`--bug is one of: ${INJECTED_BUGS.join(', ')}`);

const say = (line: string) => process.stdout.write(`${line}\n`);
const began = performance.now();
const totals: Record<string, number> = {};
let virtualMs = 0;
let failed = 0;
for (let seed = first; seed < first + count; seed++) {
  const report = await playHistory(seed, bug);
  virtualMs += report.virtualMs;
  for (const [what, many] of Object.entries(report.counts)) totals[what] = (totals[what] ?? 0) + many;
  if (report.broken.length > 0 || values.trace) report.trace.forEach(say);
  if (report.broken.length === 0) continue;
  failed += 1;
  say(`seed ${seed} breaks ${report.broken.length} promises:`);
  for (const sentence of report.broken) say(`  ${sentence}`);
}
const seconds = (performance.now() - began) / 1000;
say(
  `${count} seeds, ${failed} failed; ${(virtualMs / 60_000).toFixed(0)} virtual minutes in ${seconds.toFixed(1)} s`,
);
say(
  Object.entries(totals)
    .map(([what, many]) => `${what} ${many}`)
    .join(', '),
);
process.exitCode = failed > 0 ? 1 : 0;
