import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { type GraphSimulator, startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import { createEventStoreLog } from '../../src/ledger/event-store-log.js';
import { brokenLink } from '../../src/ledger/hash-chain.js';
import { type ProductEvent, productEvents } from '../../src/program/product-events.js';
import { unpack } from '../exports/unzip.js';
import { browserContext, testBrowser } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { type RunningProduct, runCli, startProduct, temporaryFolder } from '../support/running-product.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { until } from '../support/until.js';

/**
 * The main job on real parts, as a user does it. The product runs in a process of its own on embedded defaults. It is
 * checked only from outside: over HTTP, in a browser, in the event store and in PostgreSQL.
 */

/** The whole way of a person, on a machine that may be busy. */
t.setTimeout(600_000);

t.test(
  'inventories and their drift, from a click to the page',
  { skip: skipWithoutChromium() },
  async (t) => {
    const folder = await temporaryFolder(t, 'flow');
    const exports = path.join(folder, 'exports');
    await writeExports(exports, 'before');
    let graph = await startGraphSimulator({ source: { folder: exports } });
    const graphPort = graph.port;
    t.teardown(() => graph.stop());
    const metricsPort = await freePort();
    const product = await startProduct(t, path.join(folder, 'data'), ['--graph-url', graph.url], {
      OPSLEDGER_METRICS_PORT: String(metricsPort),
    });
    t.match(product.output(), /Ctrl-C[\s\S]*http:\/\/127\.0\.0\.1:\d+\n$/, 'the address is the last line');

    const browser = await testBrowser(t);
    const page = await (await browserContext(browser)).newPage();
    await page.goto(product.signInLink('readonly'));
    const first = await page.goto(`${product.url}/t/northwind/operations`);
    t.equal(first?.status(), 200, 'pages have their content when the address is printed');
    await untilRuns(product, 'fabrikam', 1);
    await page.goto(`${product.url}/t/northwind/inventory`);
    t.match(await page.textContent('main'), /Your role here is readonly/, 'a disabled control says why');

    await page.goto(product.signInLink('operator'));

    // A tenant with one inventory can't be compared; the refusal says why.
    const refused = await runCli([
      'run',
      'start',
      'drift.generate',
      '--tenant',
      'fabrikam',
      '--data',
      product.dataDir,
    ]);
    t.equal(refused.code, 1);
    t.match(refused.stderr, /needs_two_inventories/);

    // The tenant changes: the simulator serves another folder on the same port.
    await graph.stop();
    await rm(exports, { recursive: true });
    await writeExports(exports, 'after');
    graph = await startGraphSimulator({ source: { folder: exports }, port: graphPort });

    const inventory = await startOnPage(page, `${product.url}/t/fabrikam/inventory`, 'Start an inventory');
    await whenRunIs(page, 'Succeeded');
    const drift = await startOnPage(page, `${product.url}/t/fabrikam/drift`, 'Find drift');
    await whenRunIs(page, 'Succeeded');
    await page.locator('main', { hasText: '2 findings' }).waitFor();

    const { eventStoreUrl, databaseUrl } = await product.servers();
    const events = await eventsOf(eventStoreUrl, drift);
    t.equal(events[0]?.type, 'RunQueued');
    t.equal(events.at(-1)?.type, 'RunCompleted');
    const broken = events.flatMap(
      (event, index) => brokenLink(event.raw, events[index - 1]?.envelope.hash ?? '') ?? [],
    );
    t.strictSame(broken, [], 'the chain holds as the store answers it');
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    for (const figure of [/event_store_up 1/, /projector_up\{projection="hub"\} 1/, /worker_runs \d+/])
      t.match(metrics, new RegExp(`\nopsledger_${figure.source}\n`));
    t.ok(events.every((event) => event.envelope.$correlationId === events[0]?.envelope.$correlationId));

    const last = events.at(-1)?.position ?? Number.NaN;
    const row = await rowAtPosition(databaseUrl, drift, last);
    t.match(row, { bucket: 'succeeded', last_position: last, initiator_kind: 'member' });

    const shown = await runCli(['run', 'show', drift, '--json', '--data', product.dataDir]);
    const { findings } = JSON.parse(shown.stdout) as { findings: Record<string, unknown>[] };
    t.match(
      findings.toSorted((a, b) => String(a.name).localeCompare(String(b.name))),
      [
        {
          kind: 'changed',
          policyType: 'deviceCompliancePolicies',
          name: 'Compliance v2',
          nameBefore: 'Compliance v1',
          settingsAdded: [],
          settingsRemoved: [],
          settingsChanged: [{ path: 'passwordMinimumLength', before: ['8'], after: ['12'] }],
        },
        { kind: 'added', policyType: 'deviceCompliancePolicies', name: 'New one', nameBefore: null },
      ],
    );

    await page.goto(`${product.url}/t/fabrikam/runs/${drift}`);
    t.ok(await page.locator(`a[href*="${inventory}"]`).count(), 'the drift links to its inventory');
    await page.goto(`${product.url}/t/fabrikam/runs/${inventory}`);
    t.ok(await page.locator(`a[href*="${drift}"]`).count(), 'and the inventory to the drift');
    await page.goto(`${product.url}/t/fabrikam/drift`);
    await page.getByRole('link', { name: 'Compliance v2' }).first().click();
    await page.getByLabel('Note').fill('agreed with the tenant');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('is acknowledged. This is the next one.').waitFor();
    await page.getByRole('link', { name: 'Compliance v2' }).click();
    await page.getByText('“agreed with the tenant”').waitFor();
    t.match(await page.textContent('.review'), /Status: acknowledged, by/, 'and whoever reads on sees why');
    await page.goto(`${product.url}/t/fabrikam/notifications`);
    t.equal(await page.locator(`main a[href*="${drift}"]`).count(), 1, 'one line says how the run ended');
    await backUpOnPages(t, page, `${product.url}/t/fabrikam`, graph);
    const unpacked = path.join(folder, 'unpacked');
    await exportOnPages(page, `${product.url}/t/fabrikam`, unpacked);
    await graph.stop();
    graph = await startGraphSimulator({ source: { folder: unpacked }, port: graphPort });
    t.same(graph.problems, [], 'the unpacked export is served');
    await startOnPage(page, `${product.url}/t/fabrikam/inventory`, 'Start an inventory');
    await whenRunIs(page, 'Succeeded');
    await startOnPage(page, `${product.url}/t/fabrikam/drift`, 'Find drift');
    await whenRunIs(page, 'Succeeded');
    await page.goto(`${product.url}/t/fabrikam/drift`);
    const kinds = await page.locator('main .findings tbody .col-kind').allTextContents();
    t.same(
      kinds.map((kind) => kind.trim()),
      Array.from({ length: 20 }, () => 'Removed'),
      'the 40 show no drift; the others are not in the export',
    );
    const foreign = await page.goto(`${product.url}/t/northwind/operations`);
    t.equal(foreign?.status(), 403, 'another tenant answers 403');
    await restoreOnPages(t, page, product, graph);
  },
);

t.test('one product runs in a folder, and leaves nothing behind', async (t) => {
  const folder = await temporaryFolder(t, 'twice');
  const product = await startProduct(t, folder, ['--no-demo']);
  const second = await runCli(['start', '--port', '0', '--data', folder]);
  t.equal(second.code, 1);
  t.match(second.stderr, /runs on .* already at http/);
  const taken = await runCli(['start', '--port', new URL(product.url).port, '--data', `${folder}-2`]);
  t.teardown(() => rm(`${folder}-2`, { recursive: true, force: true }));
  t.equal(taken.code, 1);
  t.match(taken.stderr, /Port \d+ is taken/);
  t.equal(await product.end('SIGINT'), 0);
  t.notOk((await readdir(folder)).includes('instance.json'));
  const { code, stderr } = await runCli(['run', 'list', '--tenant', 'x', '--data', folder]);
  t.equal(code, 1);
  t.match(stderr, /Nothing runs on/);
});

const CATALOG = 'deviceManagement/configurationPolicies';
const catalogId = (n: number) => `00000000-0000-4000-8000-1${String(n).padStart(11, '0')}`;

const PILOT = { id: '10000000-0000-4000-8000-000000000001', displayName: 'Pilot' };
/** A group whose name differs from the other one's in letter case, so that a person chooses it. */
const OTHER_PILOT = { id: '10000000-0000-4000-8000-000000000002', displayName: 'PILOT' };

const assignedTo = (groupId: string) => [
  { id: 'a', target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId } },
];
/** The third policy is assigned to a group. */
const catalogEntity = (n: number) => ({
  id: catalogId(n),
  name: `Catalog ${String(n).padStart(2, '0')}`,
  settingCount: 0,
  platforms: 'windows10',
  technologies: 'mdm',
  description: 'as it was',
  settings: [],
  assignments: n === 3 ? assignedTo(PILOT.id) : [],
  roleScopeTagIds: [],
});

/** Chooses 40 of 60 policies, one of which fails, and later adds the same ones again. */
async function backUpOnPages(t: Test, page: Page, tenant: string, graph: GraphSimulator): Promise<void> {
  for (const { state } of graph.tenants()) {
    state.put('groups', PILOT);
    for (let n = 1; n <= 57; n++) state.put(CATALOG, catalogEntity(n));
  }
  await startOnPage(page, `${tenant}/inventory`, 'Start an inventory');
  await whenRunIs(page, 'Succeeded');
  await page.goto(`${tenant}/inventory`);
  await page.getByRole('button', { name: 'Back up policies' }).click();
  const boxes = page.locator('main table input[type="checkbox"]');
  await boxes.nth(59).waitFor();
  const chooseForty = async () => {
    await boxes.evaluateAll((all) => {
      for (const box of all.slice(1, 40) as HTMLInputElement[]) box.checked = true;
    });
    await boxes.first().check();
    await page.getByRole('button', { name: 'Back up', exact: true }).click();
  };
  /** By its address, because the page of a run that just ended still moves under the pointer. */
  const openSet = async () => {
    const href = await page.getByRole('link', { name: 'Before the change' }).first().getAttribute('href');
    await page.goto(new URL(href ?? '', page.url()).href);
  };
  await page.getByLabel('Name of a new set').fill('Before the change');
  graph.failNext({ kind: 'status', status: 403, path: `${catalogId(7)}/settings` });
  await chooseForty();
  await whenRunIs(page, 'Partially succeeded');
  await openSet();
  await page.locator('#set-filling').getByRole('link', { name: 'Catalog 07' }).waitFor();
  t.match(await page.textContent('#set-filling'), /policies\s*39[\s\S]*graph_forbidden/);
  await page.getByRole('button', { name: 'Add policies' }).click();
  await chooseForty();
  await whenRunIs(page, 'Succeeded');
  t.match(await page.textContent('main'), /1 policy added, 39 unchanged/);
  await openSet();
  await page.locator('#set-filling').waitFor();
  t.match(await page.textContent('#set-filling'), /policies\s*40/);
  t.notMatch(await page.textContent('#set-filling'), 'Missing');
}

/** Exports the set whose page is open, downloads the archive and unpacks it into a folder. */
async function exportOnPages(page: Page, tenant: string, folder: string): Promise<void> {
  await page.getByRole('button', { name: 'Export this set' }).click();
  await whenRunIs(page, 'Succeeded');
  await page.goto(`${tenant}/exports`);
  const download = page.waitForEvent('download');
  await page
    .getByRole('link', { name: /^Download / })
    .first()
    .click();
  await unpack(await readFile(await (await download).path()), folder);
}

/**
 * From the set to a restored tenant: an operator previews, maps and runs dry, and is refused at the live restore alone; a
 * manager goes on from there and previews the way back.
 */
async function restoreOnPages(
  t: Test,
  page: Page,
  product: RunningProduct,
  graph: GraphSimulator,
): Promise<void> {
  const tenant = `${product.url}/t/fabrikam`;
  for (const { state } of graph.tenants()) {
    state.put(CATALOG, { ...catalogEntity(1), description: 'changed by accident' });
    state.remove(CATALOG, catalogId(2));
    state.put(CATALOG, { ...catalogEntity(3), assignments: [] });
    state.remove('groups', PILOT.id);
    state.put('groups', OTHER_PILOT);
  }
  const changedAt = graph.requests().at(-1)?.sequence ?? 0;
  const writes = () =>
    graph
      .requests()
      .filter(({ sequence, method, path: at }) => sequence > changedAt && method !== 'GET' && at !== '$batch')
      .map(
        ({ method, path: at }) => `${method} ${at.replace(CATALOG, '').replace(/\/[0-9a-f-]{36}/, '/<id>')}`,
      );
  const main = async () => (await page.textContent('main'))?.replace(/\s+/g, ' ') ?? '';
  const press = (name: string) => page.getByRole('button', { name }).click();
  const follow = (name: string) => page.locator('main').getByRole('link', { name }).first().click();

  await page.goto(`${tenant}/backup-sets`);
  await follow('Before the change');
  await press('Preview a restore');
  await whenRunIs(page, 'Partially succeeded');
  await follow('What would be done');
  t.match(
    await main(),
    /40 policies; a restore would send 2 writes.*Blocked 1 ?Update 1 ?Create 1 ?Leave 37/,
  );
  await follow('Map groups, filters and tags');
  const mapping = page.url();
  await press('Refresh from Graph');
  await whenRunIs(page, 'Succeeded');
  await page.goto(mapping);
  const choice = page.getByLabel('What “Pilot” becomes');
  t.match(
    await choice.textContent(),
    /not mapped.*PILOT \(1.*002\): .*case/s,
    'what differs stands beside it',
  );
  await choice.selectOption({ value: OTHER_PILOT.id });
  await press('Keep these choices');
  await page.getByText('chosen: PILOT').first().waitFor({ state: 'attached' });
  await press('Preview again with this map');
  await whenRunIs(page, 'Succeeded');
  await follow('What would be done');
  const preview = page.url();
  t.match(await main(), /a restore would send 3 writes.*Update 2 ?Create 1 ?Leave 37/);

  await press('Dry run');
  await whenRunIs(page, 'Succeeded');
  await follow('What was done');
  t.match(await main(), /A dry run: nothing was written.*Would be changed/);
  t.same(writes(), [], 'and nothing was written');
  await page.goto(preview);
  t.ok(await page.getByRole('button', { name: 'Restore now' }).isDisabled());
  t.match(await main(), /Your role here is operator; a manager can start this/);

  await page.goto(product.signInLink('manager'));
  await page.goto(preview);
  const name = page.getByLabel(/^Type “/);
  const wanted = /Type “\s*(.+?)\s*”/.exec(await main())?.[1] ?? '';
  await name.fill(wanted.toUpperCase());
  await press('Restore now');
  await page.getByText('What was typed is not the tenant’s name.').first().waitFor();
  t.same(writes(), []);
  await name.fill(wanted);
  await press('Restore now');
  await whenRunIs(page, 'Succeeded');
  t.same(writes().sort(), ['PATCH /<id>', 'POST ', 'POST /<id>/assign']);
  await follow('What was done');
  t.match(await main(), /Restored 3.*Left 37.*Created/);
  await press('Preview the way back');
  await whenRunIs(page, 'Succeeded');
  await follow('What would be done');
  t.match(await main(), /2 policies;.*Update 2/, 'the overwritten policies can be restored');
}

/** Policies as an administrator exports them, in UTF-16, before and after changes in the tenant. */
async function writeExports(folder: string, state: 'before' | 'after'): Promise<void> {
  await mkdir(folder, { recursive: true });
  const policy = (id: string, displayName: string, passwordMinimumLength: number) => ({
    '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
    id,
    displayName,
    lastModifiedDateTime: state === 'before' ? '2026-01-01T00:00:00Z' : '2026-02-01T00:00:00Z',
    version: state === 'before' ? 1 : 2,
    passwordMinimumLength,
  });
  const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
  const policies =
    state === 'before'
      ? [policy(id(1), 'Compliance v1', 8), policy(id(2), 'Steady', 4)]
      : [policy(id(1), 'Compliance v2', 12), policy(id(2), 'Steady', 4), policy(id(3), 'New one', 6)];
  for (const one of policies)
    await writeFile(
      path.join(folder, `${one.displayName}.json`),
      Buffer.from(`\ufeff${JSON.stringify(one, null, 2)}`, 'utf16le'),
    );
  // A damaged file is reported and left out.
  await cp(path.join(folder, 'Steady.json'), path.join(folder, 'damaged.json'));
  await writeFile(path.join(folder, 'damaged.json'), '{"id": ');
}

/** Waits until the tenant's first inventories have ended. */
async function untilRuns(product: RunningProduct, tenant: string, ended: number): Promise<void> {
  const { token } = JSON.parse(await readFile(path.join(product.dataDir, 'instance.json'), 'utf8'));
  await until(async () => {
    const answer = await fetch(`${product.url}/api/v1/tenants/${tenant}/runs?type=inventory.sync`, {
      headers: { authorization: `Bearer ${token}` },
    });
    // The hub is still being built.
    if (!answer.ok) return false;
    const { runs } = (await answer.json()) as { runs: { finishedAt: string | null }[] };
    return runs.filter((run) => run.finishedAt !== null).length >= ended;
  }, 100);
}

/** Presses a start control. Returns the id of the run whose page opens. */
async function startOnPage(page: Page, url: string, control: string): Promise<string> {
  await page.goto(url);
  await page.locator('main form[method="post"] button', { hasText: control }).first().click();
  await page.waitForURL(/\/runs\/[0-9a-f]{32}-\d+/);
  const runId = /runs\/([0-9a-f]{32}-\d+)/.exec(page.url())?.[1];
  if (!runId) throw new Error(`no run in ${page.url()}`);
  return runId;
}

/** Waits until the open page of a run shows this state, without loading it again. */
async function whenRunIs(page: Page, state: string): Promise<void> {
  await page.locator('#run-header h1 .state').getByText(state, { exact: true }).waitFor();
}

async function eventsOf(eventStoreUrl: string, runId: string): Promise<ProductEvent[]> {
  const log = createEventStoreLog({ url: eventStoreUrl });
  const events: ProductEvent[] = [];
  const stop = new AbortController();
  for await (const item of log.subscribe({
    after: undefined,
    streamPrefixes: ['operation-'],
    signal: stop.signal,
  })) {
    if (item.kind === 'caught-up') break;
    if (item.kind !== 'event') continue;
    const event = productEvents.decode(item.event) as ProductEvent;
    if (event.envelope.runId === runId) events.push(event);
  }
  await log.close();
  return events;
}

/** The run's row, after the read models have reached a position. Waits for the projector's notifications. */
async function rowAtPosition(databaseUrl: string, runId: string, position: number) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('listen opsledger_changes');
    for (;;) {
      const notified = new Promise((resolve) => client.once('notification', resolve));
      const reached = await client.query(`select position from ${hubProjection.schema}.checkpoint`);
      if (Number(reached.rows[0]?.position) >= position) break;
      await notified;
    }
    const { rows } = await client.query(`select * from ${hubProjection.schema}.runs where run_id = $1`, [
      runId,
    ]);
    return { ...rows[0], last_position: Number(rows[0]?.last_position) };
  } finally {
    await client.end();
  }
}
