import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import { systemChance, systemClock } from '../../src/clock.js';
import { createLiveness } from '../../src/db/liveness.js';
import { createLedger, readerOf } from '../../src/ledger/ledger.js';
import type { OperationServices } from '../../src/operations/operation-services.js';
import { builtInOperations, createOperationRegistry } from '../../src/operations/registry.js';
import { productEvents } from '../../src/program/product-events.js';
import { Worker } from '../../src/worker/worker.js';
import { hubSite } from '../support/hub-site.js';
import { noGraph } from '../support/no-graph.js';
import { tenantGreeting } from './tenant-greeting/tenant-greeting.js';

/**
 * Goal: one folder and one line in the registry are all it takes to add an operation type. Method: the example of
 * the documentation is registered, started over the API, carried out by a worker and read from the hub, with no
 * other code that knows of it.
 */
const logger = pino({ level: 'silent' });
const LOST_AFTER_MS = 15_000;

t.test('the documentation shows the example as it is', async (t) => {
  const [page, example] = await Promise.all(
    ['docs/adding-an-operation-type.md', 'test/operations/tenant-greeting/tenant-greeting.ts'].map((path) =>
      readFile(`${packageRoot}/${path}`, 'utf8'),
    ),
  );
  const shown = example?.replace("'../../../src/operations/define.js'", "'../define.js'");
  t.ok(
    page?.includes(`\`\`\`ts\n${shown}\`\`\``),
    'the page holds the file, with the import of its real place',
  );
});

t.test('a registered type is started, carried out and shown without further code', async (t) => {
  const operations = createOperationRegistry([...builtInOperations.values(), tenantGreeting]);
  const bus = createInProcessBus({ clock: systemClock, logger });
  const site = await hubSite(t, { operations, bus });
  const { log } = site.builder;
  const ledger = createLedger({ events: productEvents, log, clock: systemClock, chance: systemChance });
  const liveness = createLiveness(site.database.db);
  const worker = new Worker(
    {
      openGraphWriter: noGraph,
      ledger,
      bus,
      operations,
      services: { ledger: readerOf(ledger), clock: systemClock } as OperationServices,
      liveness,
      clock: systemClock,
      logger,
    },
    {
      name: 'w-1',
      limits: { total: 2, perTenant: 2, perType: {} },
      beatEveryMs: 3_000,
      lostAfterMs: LOST_AFTER_MS,
      drainMs: 1_000,
    },
  );
  worker.start();
  t.teardown(() => worker.stop());
  const tenant = await site.tenant('contoso');
  const headers = { authorization: 'Bearer local-token-of-the-tests' };
  const start = async (input: object) =>
    site.app.inject({
      method: 'POST',
      url: '/api/v1/tenants/contoso/runs',
      headers,
      payload: { type: 'tenant.greet', input },
    });
  const started = await start({ names: ['Bob', 'Ann', 'Nobody', 'Ann'] });
  t.equal(started.statusCode, 202);
  const { runId } = started.json();
  await endOf(site, runId);
  await site.settle();
  const get = async (path: string) =>
    (await site.app.inject({ url: `/api/v1/runs/${runId}${path}`, headers })).json();
  t.match(await get(''), {
    bucket: 'partially_succeeded',
    scope: { names: ['Ann', 'Bob', 'Nobody'] },
    counts: { total: 3, succeeded: 2, failed: 1 },
    summary: '3 people greeted',
  });
  const page = await site.app.inject({
    url: `/t/contoso/runs/${runId}`,
    headers: { cookie: await site.cookieOf(tenant.persons.readonly) },
  });
  t.equal(page.statusCode, 200);
  t.match(page.body, 'Greeting of 3 people');
  t.match(page.body, 'There is no greeting for this name.', 'its own reason code has its meaning');
  t.match((await start({ names: [] })).json(), { error: { code: 'invalid_input' } });
});

/** Waits until the log has the end of a run. */
async function endOf(site: Awaited<ReturnType<typeof hubSite>>, runId: string): Promise<void> {
  const over = new AbortController();
  for await (const seen of site.builder.log.subscribe({
    after: undefined,
    streamPrefixes: ['operation-'],
    signal: over.signal,
  }))
    if (seen.kind === 'event' && seen.event.type === 'RunCompleted') {
      const { runId: ended } = seen.event.metadata as { runId: string };
      if (ended === runId) return;
    }
}
