import path from 'node:path';
import t from 'tap';
import { DEMO_TENANTS } from '../../src/demo/demo-tenants.js';
import { runCli, startProduct, temporaryFolder } from '../support/running-product.js';
import { until } from '../support/until.js';
import { writeYear } from './write-year.js';

const RUNS = 72;
const DAY_MS = 24 * 3_600_000;

t.test('a written year is opened by the product and proven whole', async (t) => {
  const dataDir = path.join(await temporaryFolder(t, 'year'), 'data');
  const written = await writeYear(dataDir, { runs: RUNS, until: Date.now() });
  await t.rejects(writeYear(dataDir, { runs: 1, until: Date.now() }), /holds an event log already/);

  const product = await startProduct(t, dataDir, ['--no-demo']);
  const cli = (...args: readonly string[]) => runCli([...args, '--data', product.dataDir]);
  const { code, stdout } = await cli('history', 'verify');
  t.equal(code, 0);
  t.match(stdout, /^whole: \d{3} events/);

  const listed = async () => {
    const lists = await Promise.all(
      DEMO_TENANTS.map(({ slug }) => cli('run', 'list', '--tenant', slug, '--json')),
    );
    return lists.flatMap((list) => JSON.parse(list.stdout) as readonly Listed[]);
  };
  interface Listed {
    readonly type: string;
    readonly status: string;
    readonly createdAt: string;
  }
  const runs = await until(async () => {
    const all = await listed();
    return all.length >= written.runs && all;
  }, 500);
  const times = runs.map(({ createdAt }) => Date.parse(createdAt));
  t.ok(Math.max(...times) - Math.min(...times) > 300 * DAY_MS, 'they are spread over the year');
  t.ok(Math.max(...times) < Date.now(), 'and over before the present');
  t.ok(runs.some(({ type }) => type === 'drift.generate'));
});
