import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { systemClock } from '../../src/clock.js';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { type MasterKey, parseMasterKey } from '../../src/db/master-key.js';
import { createWriterPool } from '../../src/db/pools.js';
import type { PrimaryTables } from '../../src/db/primary-tables.js';
import { DEMO_SIGN_INS } from '../../src/demo/demo-tenants.js';
import { silent } from '../support/database.js';
import { startNatsServer } from '../support/nats-server.js';
import { type RunningProduct, runCli, startProduct, temporaryFolder } from '../support/running-product.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { LASTING_FAULTS, startLeakyGraph } from './planted-secrets/leaky-graph.js';
import { filesBelow, type Place, reachable, tableRows } from './planted-secrets/places.js';
import { plantSecrets } from './planted-secrets/planted-secrets.js';
import {
  createSecretSearch,
  formsOf,
  type Secret,
  type SecretSearch,
} from './planted-secrets/secret-search.js';

/**
 * Goal: no secret is recorded (F2), and contents that must be kept whole can't be read without the tenant's key (F4).
 * Method: the product on real parts, with a Graph that puts secrets into all its answers and a worker that is killed
 * in the middle of a run. Then every place where the product keeps or shows data is searched for each secret.
 */
const SEED = 20_260_105;
/** The schema of the hub's read models. */
const HUB = hubProjection.schema;
const SHORT_WAITS = {
  OPSLEDGER_LOG_LEVEL: 'trace',
  OPSLEDGER_BEAT_EVERY_MS: '300',
  OPSLEDGER_LOST_AFTER_MS: '1500',
  OPSLEDGER_ACK_WAIT_MS: '900',
  OPSLEDGER_PUBLISH_TIMEOUT_MS: '400',
  OPSLEDGER_RESEND_AFTER_MS: '500',
};

t.test('no secret is stored or shown anywhere', { skip: skipWithoutNats() }, async (t) => {
  const plant = plantSecrets(SEED);
  const graph = await startLeakyGraph(plant);
  t.teardown(() => graph.simulator.stop());
  const folder = await temporaryFolder(t, 'planted');
  const natsFolder = await temporaryFolder(t, 'planted-nats');
  const dataDir = path.join(folder, 'data');
  const nats = await startNatsServer({ args: ['-sd', natsFolder] });
  t.teardown(() => nats.dispose());
  const environment = { ...SHORT_WAITS, NATS_URL: nats.url };
  const start = () => startProduct(t, dataDir, ['--graph-url', graph.simulator.url], environment);

  const first = await start();
  await graph.held;
  await untilEnded(first, { 'inventory.sync': 4, 'drift.generate': 1 });
  const leaks: string[] = [];
  const look = async (places: AsyncIterable<Place> | Iterable<Place>, search: SecretSearch) => {
    let bytes = 0;
    for await (const { place, bytes: content } of places) {
      bytes += content.length;
      for (const what of search.in(content)) leaks.push(`${place}: ${what}`);
    }
    return bytes;
  };
  // The bus still has the command of the hanging run.
  t.ok(await look(filesBelow(natsFolder, 'nats'), createSecretSearch(plant.all)), 'the bus keeps something');
  await first.end('SIGKILL');

  const product = await start();
  await untilEnded(product, { 'inventory.sync': 5, 'drift.generate': 1 });
  t.equal(graph.simulator.pendingFaults(), LASTING_FAULTS, 'Graph has answered with every failure');
  const mistakes = await makeMistakes(product, plant.text);
  await refuseArtifacts(t, product, plant.text);
  const search = createSecretSearch(plant.all);
  t.ok(plant.all.length > 100, `${plant.all.length} secrets were planted`);

  const { databaseUrl } = await product.servers();
  const { runs, ofEachKind } = await whatIsRecorded(t, databaseUrl);
  await t.test('pages, exports, live streams and API answers, as each role', async (t) => {
    for (const [role] of DEMO_SIGN_INS) {
      const cookie = await signIn(product, role);
      const seen = { ok: 0, live: 0, other: new Set<string>() };
      const from = ['/', '/tenants', '/t/contoso/failures'];
      // The owner reads several pages of each kind. Other roles see the same records with other controls.
      const places = reachable(product.url, { cookie }, from, role === 'owner' ? undefined : 1);
      for await (const { place, bytes, status } of places) {
        if (status === 200) seen.ok += 1;
        else if (status >= 500) t.fail(`${place} answers ${status}`);
        if (place.startsWith('live ')) seen.live += 1;
        for (const what of search.in(bytes)) leaks.push(`${place} as ${role}: ${what}`);
      }
      t.ok(seen.ok >= 10, `${role} reaches ${seen.ok} pages`);
      t.ok(seen.live > 0, `and ${seen.live} live streams`);
    }
    const { token } = JSON.parse(await readFile(path.join(dataDir, 'instance.json'), 'utf8'));
    const tenants = ['contoso', 'fabrikam', 'northwind'].map((slug) => `/api/v1/tenants/${slug}/runs`);
    const ofRuns = runs.flatMap((run) =>
      ['', '/history', '/items', '/findings'].map((what) => `/api/v1/runs/${run}${what}`),
    );
    const api = reachable(product.url, { authorization: `Bearer ${token}` }, [...tenants, ...ofRuns]);
    for await (const { place, bytes, status } of api) {
      t.equal(status, 200, place);
      for (const what of search.in(bytes)) leaks.push(`${place}: ${what}`);
    }
  });

  await t.test('what the command line prints', async () => {
    const printed = await Promise.all(
      ofEachKind.map((run) => runCli(['run', 'show', run, '--data', dataDir])),
    );
    for (const { stdout, stderr } of printed)
      for (const what of search.in(Buffer.from(stdout + stderr))) leaks.push(`run show: ${what}`);
  });

  const tables = new Set<string>();
  for await (const { place, bytes } of tableRows(databaseUrl)) {
    tables.add(place);
    for (const what of search.in(bytes)) leaks.push(`${place}: ${what}`);
  }
  for (const known of ['opsledger.artifacts', `${HUB}.runs`, `${HUB}.run_events`, `${HUB}.findings`])
    t.ok(tables.has(`table ${known}`), `${known} was read`);
  await artifactsNeedTheirKey(t, databaseUrl, dataDir, plant.all);

  for (const running of [first, product]) {
    const printed = running.output();
    t.ok(printed.includes('"msg":"run completed"'), 'it logs what it does');
    for (const what of search.in(Buffer.from(printed))) leaks.push(`what the program printed: ${what}`);
  }
  // Everything is on disk after the servers have ended.
  t.equal(await product.end('SIGTERM'), 0);
  await nats.stop();
  t.ok(
    (await look(filesBelow(dataDir, 'data'), search)) > 1_000_000,
    'the files of log and database are read',
  );
  t.ok(await look(filesBelow(natsFolder, 'nats'), search));
  t.strictSame([...new Set(leaks)].sort(), [], 'nothing leaked');
  t.ok(mistakes > 0);
});

t.test('the search finds a secret in every encoding, whole or cut off, inside other text', async (t) => {
  const secret: Secret = { name: 's', core: 'p&3<"Q/+x=~9zR-kk_Yw' };
  const search = createSecretSearch([secret, { name: 'other', core: 'another-secret-of-it' }]);
  for (const piece of [secret.core, secret.core.slice(0, 15), secret.core.slice(4)])
    for (const [form, bytes] of formsOf(piece)) {
      const inside = Buffer.concat([Buffer.from('some text before '), bytes, Buffer.from(' and after')]);
      t.not(search.in(inside).length, 0, `${piece.length} characters, ${form}`);
    }
  for (const before of ['', 'a', 'ab', 'abc'])
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      t.not(
        search.in(Buffer.from(Buffer.from(`${before}${secret.core}!`).toString(encoding))).length,
        0,
        encoding,
      );
  t.strictSame(search.in(Buffer.from('nothing of that kind, '.repeat(100))), []);
});

/** Waits until this many runs of each type have ended. Waits for the projector's notifications. */
async function untilEnded(product: RunningProduct, wanted: Readonly<Record<string, number>>): Promise<void> {
  const { databaseUrl } = await product.servers();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('listen opsledger_changes');
    for (;;) {
      const notified = new Promise((resolve) => client.once('notification', resolve));
      const built = await client.query('select to_regclass($1) is not null as yes', [`${HUB}.runs`]);
      if (!built.rows[0]?.yes) {
        // The first read models are built in another schema, and switching to them notifies nobody, so this asks
        // repeatedly.
        await systemClock.sleep(50);
        continue;
      }
      const { rows } = await client.query<{ type: string; ended: number }>(
        `select type, count(*)::int as ended from ${HUB}.runs where finished_at is not null group by type`,
      );
      const ended = new Map(rows.map((row) => [row.type, row.ended]));
      if (Object.entries(wanted).every(([type, count]) => (ended.get(type) ?? 0) >= count)) return;
      await notified;
    }
  } finally {
    await client.end();
  }
}

/**
 * Returns the ids of all runs, and of one for each type and bucket, after checking that everything planned happened and
 * how much of the planted text is left.
 */
async function whatIsRecorded(t: Test, databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: runs } = await client.query<{
      run_id: string;
      type: string;
      attempt: number;
      bucket: string;
    }>(`select run_id, type, attempt, bucket from ${HUB}.runs order by run_id`);
    t.ok(
      runs.some(({ attempt, bucket }) => attempt > 1 && bucket === 'succeeded'),
      'the run whose worker was killed was taken over and succeeded',
    );
    const { rows: codes } = await client.query<{ reason_code: string }>(
      `select distinct reason_code from ${HUB}.run_items where outcome = 'failed' order by 1`,
    );
    t.strictSame(
      codes.map(({ reason_code }) => reason_code),
      ['graph_forbidden', 'graph_not_found', 'unreadable_answer', 'validation_failed'],
      'failures of every kind were recorded',
    );
    const { rows: kept } = await client.query<{ events: number; masked: number; waiting: number }>(`
      select count(*) filter (where data::text like '%[redacted:%')::int as events,
        count(*) filter (where data::text like '%[masked]%')::int as masked,
        count(*) filter (where type = 'RunWaiting')::int as waiting
      from ${HUB}.run_events`);
    t.ok((kept[0]?.events ?? 0) > 5, `${kept[0]?.events} events say what was removed`);
    t.ok(kept[0]?.masked, 'evidence shows secrets masked');
    t.ok(kept[0]?.waiting, 'a run waited for Graph');
    const kinds = new Map(runs.map(({ run_id, type, bucket }) => [`${type} ${bucket}`, run_id]));
    return { runs: runs.map(({ run_id }) => run_id), ofEachKind: [...kinds.values()] };
  } finally {
    await client.end();
  }
}

async function signIn(product: RunningProduct, role: string): Promise<string> {
  const response = await fetch(product.signInLink(role), { redirect: 'manual' });
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0] ?? '')
    .join('; ');
}

/** Sends secrets where people paste them by mistake: in addresses, headers, notes and starts. Returns how many. */
async function makeMistakes(product: RunningProduct, text: (where: string) => string): Promise<number> {
  const cookie = await signIn(product, 'operator');
  const { token } = JSON.parse(await readFile(path.join(product.dataDir, 'instance.json'), 'utf8'));
  const drift = await (await fetch(`${product.url}/t/contoso/drift`, { headers: { cookie } })).text();
  const finding = /\/t\/contoso\/drift\/findings\/([0-9a-f]{32})/.exec(drift)?.[1] ?? '';
  const csrf = /name="_csrf" value="([^"]+)"/.exec(drift)?.[1] ?? '';
  const asForm = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
  const query = (where: string) => encodeURIComponent(text(where));
  const answers = await Promise.all([
    fetch(`${product.url}/t/contoso/operations?q=${query('a search')}`, { headers: { cookie } }),
    fetch(`${product.url}/nowhere/${query('an address')}?code=${query('a query')}`, { headers: { cookie } }),
    fetch(`${product.url}/api/v1/tenants`, {
      headers: { authorization: `Bearer ${text('a bearer header').replace(/\s+/g, '')}` },
    }),
    fetch(`${product.url}/t/contoso/operations`, {
      headers: { cookie: `opsledger_session=${query('a cookie')}` },
    }),
    fetch(`${product.url}/api/v1/tenants/contoso/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'inventory.sync', input: { policyTypes: [text('a start')] } }),
    }),
    fetch(`${product.url}/t/contoso/drift/findings/${finding}/acknowledge`, {
      method: 'POST',
      headers: asForm,
      redirect: 'manual',
      body: new URLSearchParams({ _csrf: csrf, note: text('a note') }),
    }),
  ]);
  return answers.length;
}

/** Makes PostgreSQL refuse contents with secrets in all that it says of the refusal, and starts a run that meets this. */
async function refuseArtifacts(t: Test, product: RunningProduct, text: (where: string) => string) {
  const { databaseUrl } = await product.servers();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Backwards, so that the function itself is no place where the secrets stand.
    const backwards = (where: string) => client.escapeLiteral([...text(where)].reverse().join(''));
    await client.query(`
      create function opsledger.refuse() returns trigger language plpgsql as $refuse$ begin
        raise exception using message = reverse(${backwards('message of PostgreSQL')}),
          detail = reverse(${backwards('detail of PostgreSQL')}), hint = reverse(${backwards('hint of PostgreSQL')});
      end $refuse$`);
    await client.query(
      'create trigger refuse before insert on opsledger.artifacts for each row execute function opsledger.refuse()',
    );
    const before = await client.query(ENDED_INVENTORIES);
    const { token } = JSON.parse(await readFile(path.join(product.dataDir, 'instance.json'), 'utf8'));
    const started = await fetch(`${product.url}/api/v1/tenants/fabrikam/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'inventory.sync', input: {} }),
    });
    t.equal(started.status, 202);
    await untilEnded(product, { 'inventory.sync': before.rows.length + 1 });
    const { rows } = await client.query(ENDED_INVENTORIES);
    t.match(rows[0], { reason: /\[redacted:/ }, 'its words are recorded without the secrets');
  } finally {
    await client.end();
  }
}

const ENDED_INVENTORIES = `select reason from ${HUB}.runs where type = 'inventory.sync' and finished_at is not null
  order by finished_at desc`;

/** The artifacts contain Graph's answers. They can be read with the tenant's key and with no other. */
async function artifactsNeedTheirKey(
  t: Test,
  databaseUrl: string,
  dataDir: string,
  planted: readonly Secret[],
): Promise<void> {
  const db = createWriterPool<PrimaryTables>(databaseUrl, { logger: silent });
  try {
    const rows = await db.selectFrom('opsledger.artifacts').select(['tenant_id', 'address']).execute();
    const readAll = async (masterKey: MasterKey) => {
      const store = createArtifactStore({ db, masterKey });
      return Promise.all(rows.map(({ tenant_id, address }) => store.get(tenant_id, address)));
    };
    const own = await readAll(parseMasterKey(await readFile(path.join(dataDir, 'master.key'), 'utf8')));
    const kept = createSecretSearch(planted).in(Buffer.concat(own.flatMap((content) => content ?? [])));
    t.ok(kept.length > 50, `${kept.length} forms of planted secrets are in artifacts`);
    await t.rejects(readAll(parseMasterKey('5a'.repeat(32))), 'another key opens nothing');
  } finally {
    await db.destroy();
  }
}
