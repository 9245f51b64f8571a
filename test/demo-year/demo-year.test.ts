import path from 'node:path';
import t from 'tap';
import { runCli, startProduct, temporaryFolder } from '../support/running-product.js';
import { until } from '../support/until.js';
import { writeYear } from './write-year.js';

const RUNS = 72;
/** For one of the three tenants: its eighteen inventories, and the comparisons that found two of them. */
const LEAST = 18;
const DAY_MS = 24 * 3_600_000;

t.test('a written year is opened by the product and proven whole', async (t) => {
  const dataDir = path.join(await temporaryFolder(t, 'year'), 'data');
  await writeYear(dataDir, { runs: RUNS, until: Date.now() });
  await t.rejects(writeYear(dataDir, { runs: 1, until: Date.now() }), /holds an event log already/);

  const product = await startProduct(t, dataDir, ['--no-demo']);
  const cli = (...args: readonly string[]) => runCli([...args, '--data', product.dataDir]);
  const { code, stdout } = await cli('history', 'verify');
  t.equal(code, 0);
  t.match(stdout, /^whole: \d{3} events/);

  interface Listed {
    readonly type: string;
    readonly createdAt: string;
  }
  // Refused while the hub is still built from the log.
  const list = await until(async () => {
    const answer = await cli('run', 'list', '--tenant', 'contoso', '--json');
    return answer.code === 0 && answer.stdout;
  }, 500);
  const runs: readonly Listed[] = JSON.parse(list);
  t.ok(runs.length >= LEAST && runs.length <= RUNS / 3, `a third of them is this tenant's: ${runs.length}`);
  const times = runs.map(({ createdAt }) => Date.parse(createdAt));
  t.ok(Math.max(...times) - Math.min(...times) > 300 * DAY_MS, 'they are spread over the year');
  t.ok(Math.max(...times) < Date.now(), 'and over before the present');
  t.ok(runs.some(({ type }) => type === 'drift.generate'));
});
