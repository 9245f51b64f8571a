import { EventEmitter, once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import t from 'tap';
import { createWriterPool } from '../../../src/db/pools.js';
import { EmbeddedPostgresError } from '../../../src/embedded/postgres/embedded-postgres-error.js';
import { isAlive } from '../../../src/embedded/postgres/process.js';
import {
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../../src/embedded/postgres/start-embedded-postgres.js';
import { startModule } from '../../support/start-module.js';
import { until } from '../../support/until.js';

const logger = pino({ level: 'silent' });
const processModule = new URL('../../support/embedded-postgres-process.js', import.meta.url);
const asRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** A folder for one server after the other, so that only the first makes a cluster. */
let sharedFolder: Promise<string> | undefined;
function usedFolder(): Promise<string> {
  sharedFolder ??= temporaryFolder(t);
  return sharedFolder;
}

t.test('data survives a restart, and the defaults are durable', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await startEmbeddedPostgres({ dataDir, logger });
  await query(first.url, 'create table kept as select 42 as answer');
  t.match(await query(first.adminUrl, settingsQuery), [
    {
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      listen: '127.0.0.1',
    },
  ]);
  await first.stop();
  await first.stop();
  t.notOk(isAlive(first.serverPid()));
  const second = await start(t, { dataDir });
  t.same(await query(second.url, 'select answer from kept'), [{ answer: 42 }]);
  t.match(
    await query(
      second.url,
      `select current_setting('TimeZone') as zone, lower('ÄÖ') as low, 'a' < 'B' as less`,
    ),
    [{ zone: 'UTC', low: 'äö', less: false }],
  );
});

t.test(
  'the program is no superuser, the hub owns nothing, and passwords are for the owner alone',
  async (t) => {
    const dataDir = await temporaryFolder(t);
    const server = await start(t, { dataDir });
    const rights =
      'select rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user';
    const none = { rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolbypassrls: false };
    t.same(await query(server.url, rights), [{ rolname: 'opsledger', ...none }]);
    t.same(await query(server.hubUrl, rights), [{ rolname: 'opsledger_hub', ...none }]);
    t.equal((await stat(join(dataDir, 'credentials.json'))).mode & 0o777, 0o600);
    t.equal((await stat(join(dataDir, 'cluster'))).mode & 0o777, 0o700);
    const guess = new URL(server.url);
    guess.password = 'guess';
    await t.rejects(query(guess.href, 'select 1'), { code: '28P01' });
  },
);

t.test('a second start on the folder is refused in a sentence, also when both start at once', async (t) => {
  const dataDir = await usedFolder();
  const starts = await Promise.allSettled(
    [1, 2].map(() => startEmbeddedPostgres({ dataDir, logger, durable: false })),
  );
  const [up] = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const [refused] = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason] : []));
  t.match(refused, { name: 'EmbeddedPostgresError', kind: 'in_use' });
  if (!up) return t.fail('neither start won');
  t.teardown(() => up.stop());
  const other = startModule(processModule, [dataDir]);
  t.match(JSON.parse(await other.output()), { error: new RegExp(`already running.*process ${process.pid}`) });
  t.same(await query(up.url, 'select 1 as one'), [{ one: 1 }], 'the first goes on');
});

t.test('a server left by a killed process is taken over, with what was committed', async (t) => {
  const dataDir = await usedFolder();
  const { child, ...left } = await startProcess(t, dataDir);
  await query(left.adminUrl, 'create table kept as select 42 as answer');
  child.kill('SIGKILL');
  await once(child, 'close');
  t.ok(isAlive(left.pid), 'the server outlived its process');
  const server = await start(t, { dataDir });
  // The init process may need a moment to collect the ended server.
  await until(() => !isAlive(left.pid));
  t.same(await query(server.adminUrl, 'select answer from kept'), [{ answer: 42 }]);
});

t.test('a process and its server that were killed together don’t prevent the next start', async (t) => {
  const dataDir = await usedFolder();
  const { child, ...left } = await startProcess(t, dataDir);
  child.kill('SIGKILL');
  process.kill(left.pid, 'SIGKILL');
  await once(child, 'close');
  await start(t, { dataDir });
});

t.test('a lock file with a process id that now belongs to another program is ignored', async (t) => {
  const dataDir = await usedFolder();
  await (await startEmbeddedPostgres({ dataDir, logger, durable: false })).stop();
  const lockFile = join(dataDir, 'cluster', 'postmaster.pid');
  await writeFile(lockFile, `${process.ppid}\n${dataDir}\n0\n1\n\n127.0.0.1\n`);
  if (asRoot) await chown(lockFile, NOBODY, NOBODY);
  await start(t, { dataDir });
});

t.test('a server that dies is started again on its port', async (t) => {
  const lines: string[] = [];
  const messages = new EventEmitter();
  const upAgain = once(messages, 'up again');
  const watching = pino(
    { level: 'info' },
    {
      write(line: string) {
        lines.push(line);
        if (line.includes('up again')) messages.emit('up again');
      },
    },
  );
  const server = await start(t, { dataDir: await usedFolder(), logger: watching });
  const pool = createWriterPool(server.url, { logger });
  t.teardown(() => pool.destroy());
  const answer = () => sql`select 1 as one`.execute(pool);
  await Promise.all([answer(), answer(), answer()]);
  const pid = server.serverPid();
  const cut = sql`select pg_sleep(60)`.execute(pool);
  process.kill(pid, 'SIGKILL');
  await t.rejects(cut);
  await upAgain;
  t.not(server.serverPid(), pid);
  t.same((await answer()).rows, [{ one: 1 }], 'and a pool on it goes on by itself');
  t.match(lines.join(''), /ended unexpectedly/);
});

t.test('a stop while the server is being restarted leaves no server', async (t) => {
  const server = await startEmbeddedPostgres({ dataDir: await usedFolder(), logger, durable: false });
  process.kill(server.serverPid(), 'SIGKILL');
  await server.stop();
  await t.rejects(query(server.adminUrl, 'select 1'), { code: 'ECONNREFUSED' });
});

t.test('a port in use and a folder with other files are refused with a sentence', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  const address = holder.address();
  const port = address && typeof address === 'object' ? address.port : 0;
  const taken = startEmbeddedPostgres({ dataDir: await temporaryFolder(t), port, logger, durable: false });
  await t.rejects(taken, {
    name: 'EmbeddedPostgresError',
    kind: 'port_taken',
    message: new RegExp(String(port)),
  });

  const dataDir = await temporaryFolder(t);
  await mkdir(join(dataDir, 'cluster'), { mode: 0o700 });
  if (asRoot) await chown(join(dataDir, 'cluster'), NOBODY, NOBODY);
  await t.rejects(startEmbeddedPostgres({ dataDir, logger, durable: false }), EmbeddedPostgresError);
});

t.test('a process that gets SIGTERM stops its server', async (t) => {
  const dataDir = await usedFolder();
  const { child, pid } = await startProcess(t, dataDir);
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  t.same(await closed, [0, null]);
  t.notOk(isAlive(pid));
});

t.test(
  'root: a folder below one that only root may enter works like any other',
  { skip: !asRoot },
  async (t) => {
    const closed = await temporaryFolder(t);
    await chmod(closed, 0o700);
    const dataDir = join(closed, 'data');
    const first = await startEmbeddedPostgres({ dataDir, logger, durable: false });
    await query(first.url, 'create table kept as select 42 as answer');
    t.equal((await stat(join(dataDir, 'cluster'))).uid, NOBODY);
    await first.stop();
    t.match(await readFile(join(dataDir, 'cluster', 'PG_VERSION'), 'utf8'), /^18/);
    const second = await start(t, { dataDir });
    t.same(await query(second.url, 'select answer from kept'), [{ answer: 42 }]);
  },
);

t.test(
  'root: a folder that everyone may pass through holds the cluster under its own name',
  { skip: !asRoot },
  async (t) => {
    const open = await temporaryFolder(t);
    await chmod(open, 0o755);
    const server = await start(t, { dataDir: join(open, 'data') });
    const rows = await query(server.adminUrl, `select current_setting('data_directory') as folder`);
    t.same(rows, [{ folder: join(open, 'data', 'cluster') }]);
  },
);

t.test('an ordinary user runs the server as that user', { skip: !asRoot }, async (t) => {
  const dataDir = await temporaryFolder(t);
  await chown(dataDir, NOBODY, NOBODY);
  const { child, pid, adminUrl } = await startProcess(t, dataDir, { uid: NOBODY, gid: NOBODY });
  t.same(await query(adminUrl, 'select 1 as one'), [{ one: 1 }]);
  t.equal((await stat(join(dataDir, 'credentials.json'))).uid, NOBODY);
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
  t.notOk(isAlive(pid));
});

const settingsQuery = `
  select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
    current_setting('full_page_writes') as full_page_writes, current_setting('data_checksums') as data_checksums,
    current_setting('listen_addresses') as listen`;

interface Teardown {
  teardown(end: () => unknown): void;
}

async function temporaryFolder(t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'opsledger-embedded-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a server that ends with the test. */
async function start(t: Teardown, options: Partial<EmbeddedPostgresOptions> & { dataDir: string }) {
  const server = await startEmbeddedPostgres({ logger, durable: false, ...options });
  t.teardown(() => server.stop());
  return server;
}

/** Starts a server in a process of its own. Both end with the test, even when it fails. */
async function startProcess(t: Teardown, dataDir: string, user: { uid?: number; gid?: number } = {}) {
  const { child, line } = startModule(processModule, [dataDir], user);
  const { adminUrl, pid } = JSON.parse(await line()) as { adminUrl: string; pid: number };
  t.teardown(() => {
    child.kill('SIGKILL');
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  return { child, adminUrl, pid };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
