import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import pg from 'pg';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { packageRoot } from '../../src/app-version.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import { catalogContent } from '../graph/simulator-and-client.js';
import { commandLine } from '../support/command-line.js';
import { testCluster } from '../support/database-cluster.js';
import { longRun } from '../support/fault-bed.js';
import { freePort } from '../support/free-port.js';
import { untilHealth } from '../support/health.js';
import { startNatsServer } from '../support/nats-server.js';
import { startPrometheus } from '../support/prometheus.js';
import { programEnvironment, runCli, temporaryFolder } from '../support/running-product.js';
import { skipWithoutNats, skipWithoutPrometheus } from '../support/system-parts.js';

/**
 * Sets up the product on servers of its own as docs/operating.md says it and carries out a run; the long tests also put
 * an older copy of the log back under the running processes. On the compiled program.
 */

const OTHER_HISTORY = /The event store no longer holds the history of this ledger/;
const CLI = path.join(packageRoot, 'dist', 'src', 'cli.js');
const DIRECTORY = '11111111-1111-4111-8111-111111111111';
const CLIENT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const SECRET = 'Q~a-secret-of-the-test';

t.setTimeout(290_000);

t.test('web, worker and projector on real servers', { skip: skipWithoutNats() }, async (t) => {
  const folder = await temporaryFolder(t, 'separate');
  const { url: databaseUrl, login } = await databaseOfItsOwn(t);
  const nats = await startNatsServer();
  t.teardown(() => nats.dispose());
  const storePort = await freePort();
  const [events, olderEvents] = [path.join(folder, 'events'), path.join(folder, 'older-events')];
  const storeAt = (dataDir: string) =>
    ['event-store', '--data', dataDir, '--port', String(storePort)] as const;
  let store = await running(t, storeAt(events), {}, /esdb:/);

  const cli = commandLine(t);
  const port = await freePort();
  const environment = {
    DATABASE_URL: databaseUrl,
    EVENTSTORE_URL: `esdb://127.0.0.1:${storePort}?tls=false`,
    NATS_URL: nats.url,
    OPSLEDGER_MASTER_KEY: randomBytes(32).toString('hex'),
    OPSLEDGER_PORT: String(port),
    OPSLEDGER_DATA: path.join(folder, 'unused'),
  };
  const done = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await cli(args, environment);
    t.equal(code, 0, `${args.slice(0, 2).join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const refused = await cli(['migrate'], environment);
  t.match(refused, { code: 1, stderr: /grant opsledger_hub to/ }, 'says what an administrator runs');
  await asAdministrator(`grant opsledger_hub to ${login} with inherit false, set true`);
  await done('migrate');
  t.match(await done('doctor'), /PostgreSQL/, 'before any process runs');
  const metricsPorts = [await freePort(), await freePort(), await freePort()];
  const started = [
    { role: 'projector', line: /projector is running/ },
    { role: 'worker', line: /worker is running/ },
    { role: 'web', line: /serves/ },
  ];
  const processes = await Promise.all(
    started.map(({ role, line }, index) =>
      running(t, [role], { ...environment, OPSLEDGER_METRICS_PORT: String(metricsPorts[index]) }, line),
    ),
  );
  await untilHealth(port, 'ok');

  const simulator = await startGraphSimulator({
    source: { content: catalogContent(3) },
    entra: {
      tokenLifeSeconds: 3_600,
      directories: [{ directoryId: DIRECTORY, apps: [{ clientId: CLIENT, secrets: [{ value: SECRET }] }] }],
    },
  });
  t.teardown(() => simulator.stop());
  await done(
    ...['tenant', 'add', 'contoso', '--name', 'Contoso', '--owner-issuer', 'https://login.example'],
    ...['--owner-subject', 'ann', '--owner-name', 'Ann'],
  );
  const secretFile = path.join(folder, 'secret');
  await writeFile(secretFile, SECRET, { mode: 0o600 });
  await done(
    ...['tenant', 'connect', 'contoso', '--directory', DIRECTORY, '--client', CLIENT],
    ...['--authority', simulator.url, '--graph-url', simulator.url, '--secret-file', secretFile],
  );
  t.match(await done('tenant', 'check', 'contoso'), /Settings catalog +answers/);
  const token = await done(
    ...['token', 'create', 'contoso', '--name', 'first run'],
    ...['--can', 'hub.read', 'run.read', 'runs.start'],
  );
  const asProducer = { OPSLEDGER_URL: `http://127.0.0.1:${port}`, OPSLEDGER_TOKEN: token };
  const inventory = ['run', 'start', 'inventory.sync', '--tenant', 'contoso', '--wait'];
  const first = await cli(inventory, asProducer);
  t.match(first, { code: 0, stdout: /3 policies read/ }, `a run goes through all three ${first.stderr}`);

  if (!skipWithoutPrometheus()) await monitored(t, metricsPorts);

  // Restarting the store twice takes half a minute more.
  if (!longRun) return;
  store.child.kill('SIGTERM');
  await store.exited;
  cpSync(events, olderEvents, { recursive: true });
  store = await running(t, storeAt(events), {}, /esdb:/);
  await untilHealth(port, 'ok');
  t.match(await cli(inventory, asProducer), { code: 0, stdout: /3 policies read/ });
  store.child.kill('SIGTERM');
  await store.exited;
  await running(t, storeAt(olderEvents), {}, /esdb:/);
  for (const { exited, output } of processes) {
    t.same(await exited, [1, null], 'each process of the ledger ends');
    t.match(output(), OTHER_HISTORY, 'with a sentence');
  }
  await lengthen(environment.EVENTSTORE_URL);
  const asService = await runCli(['worker'], environment);
  t.match(asService, { code: 1, stderr: OTHER_HISTORY }, 'so does one that a service manager starts');
  t.match(await cli(['doctor'], environment), { code: 1, stdout: OTHER_HISTORY });
  t.match(await done('history', 'accept'), /^Accepted the log as it is: (another|no) event lies at position/);
  t.match(await done('history', 'accept'), 'there is nothing to accept');
  t.match(await done('doctor'), /ledger: the log holds the event at position/);
  await Promise.all(started.map(({ role, line }) => running(t, [role], environment, line)));
  await untilHealth(port, 'ok');
  t.match(await cli(inventory, asProducer), { code: 0, stdout: /3 policies read/ });
  const auditor = await done('token', 'create', 'contoso', '--name', 'auditor', '--can', 'audit.read');
  const audit = await fetch(`http://127.0.0.1:${port}/api/v1/tenants/contoso/audit`, {
    headers: { authorization: `Bearer ${auditor}` },
  });
  const [acceptance, ...more] = z
    .object({ entries: z.array(z.object({ act: z.string(), details: z.unknown() })) })
    .parse(await audit.json())
    .entries.filter(({ act }) => act === 'HistoryAccepted');
  t.match(acceptance, { details: { seenTo: Number, endedAt: Number } });
  t.same(more, [], 'the second acceptance changed nothing, and left no entry');
});

/** Appends to a log until it is longer than the one that it is a copy of. */
async function lengthen(url: string): Promise<void> {
  const client = EventStoreDBClient.connectionString(url);
  const filler = Array.from({ length: 500 }, () =>
    jsonEvent({ type: 'Filler', data: { text: 'x'.repeat(500) } }),
  );
  await client.appendToStream('another-history', filler);
  await client.dispose();
}

/** Prometheus answers every expression of the dashboard, and none of the alerts fires. */
async function monitored(t: Test, ports: readonly number[]): Promise<void> {
  const folder = path.join(packageRoot, 'docs', 'monitoring');
  const prometheus = await startPrometheus(t, ports, path.join(folder, 'alerts.yml'));
  const { panels } = JSON.parse(await readFile(path.join(folder, 'dashboard.json'), 'utf8'));
  for (const { title, targets } of panels)
    for (const { expr } of targets) {
      // A process of `opsledger event-store` answers no metrics.
      if (expr.includes('opsledger_event_store_')) continue;
      t.ok((await prometheus.seriesOf(expr)) > 0, `${title}: ${expr}`);
    }
  const states = await prometheus.alertStates();
  t.ok(Object.keys(states).length > 5);
  t.strictSame(
    Object.entries(states).filter(([, state]) => state === 'firing'),
    [],
  );
}

/** A login and an empty database that it owns, as docs/operating.md makes them. */
async function databaseOfItsOwn(t: Test): Promise<{ readonly url: string; readonly login: string }> {
  const { server } = await testCluster();
  const login = `own_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  await asAdministrator(`create role ${login} login password '${password}'`);
  await asAdministrator(`create database ${login} owner ${login}`);
  t.teardown(async () => {
    await asAdministrator(`drop database ${login} with (force)`);
    await asAdministrator(`drop role ${login}`);
  });
  const url = new URL(server.url);
  [url.username, url.password, url.pathname] = [login, password, `/${login}`];
  return { url: url.href, login };
}

async function asAdministrator(statement: string): Promise<void> {
  const { server } = await testCluster();
  const client = new pg.Client(server.adminUrl);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

interface Running {
  readonly child: ChildProcess;
  /** Exit code and signal. */
  readonly exited: Promise<unknown[]>;
  readonly output: () => string;
}

/** Starts a command that doesn't end by itself, and waits for a line of output that matches. */
async function running(
  t: Test,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  line: RegExp,
): Promise<Running> {
  const child = spawn(process.execPath, [CLI, ...args], { env: programEnvironment(environment) });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  for await (const said of createInterface({ input: child.stdout })) {
    output += `${said}\n`;
    if (!line.test(said)) continue;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stdout.resume();
    return { child, exited, output: () => output };
  }
  throw new Error(`${args.join(' ')} ended before it was up: ${output}`);
}
