import { sql } from 'kysely';
import t from 'tap';
import {
  DatabaseUnavailableError,
  databaseTrouble,
  PoolerRefusalError,
  translateError,
} from '../../src/db/database-trouble.js';
import { assertSettingsKept, createHubPool, createWriterPool } from '../../src/db/pools.js';
import { withTenant } from '../../src/db/with-tenant.js';
import { silent, testDatabase } from '../support/database.js';

const coded = (code: string, message = 'it failed') => Object.assign(new Error(message), { code });
const TENANT = '11111111-1111-4111-8111-111111111111';

t.test('what errors of a database mean', async (t) => {
  const meanings: readonly (readonly [Error, string | undefined])[] = [
    [coded('ECONNREFUSED'), 'away'],
    [coded('ENOTFOUND'), 'away'],
    [coded('EMFILE', 'connect EMFILE 127.0.0.1:5432'), 'files-taken'],
    [coded('08006'), 'away'],
    [new Error('Connection terminated unexpectedly'), 'away'],
    [new Error('timeout exceeded when trying to connect'), 'away'],
    [coded('57P01', 'terminating connection due to administrator command'), 'starting'],
    [coded('57P03'), 'starting'],
    [coded('53300', 'sorry, too many clients already'), 'connections-taken'],
    [coded('53100', 'could not extend file: No space left on device'), 'disk-full'],
    [coded('53200', 'out of memory'), 'memory-full'],
    [coded('53400', 'temporary file size exceeds temp_file_limit'), 'limit-reached'],
    [coded('57P02', 'terminating connection because of crash of another server process'), 'starting'],
    [coded('XX001', 'invalid page in block 3 of relation base/5/16384'), 'damaged'],
    [coded('XX002', 'index "runs_pkey" contains unexpected zero page'), 'damaged'],
    [coded('58030', 'could not read block 3'), 'damaged'],
    [coded('58P01', 'could not open file "base/5/16384"'), 'damaged'],
    [coded('25006'), 'read-only'],
    [coded('57014', 'canceling statement due to statement timeout'), 'too-slow'],
    [coded('23505', 'duplicate key'), undefined],
    [coded('42P01', 'relation does not exist'), undefined],
    [coded('28P01', 'password authentication failed'), 'login-refused'],
    [new TypeError('a mistake of ours'), undefined],
  ];
  for (const [error, trouble] of meanings) t.equal(databaseTrouble(error), trouble, error.message);
  const known = coded('23505');
  t.equal(translateError(known), known, 'the statement’s own errors pass through');
  t.match(translateError(coded('08P01', 'unsupported startup parameter: options')), PoolerRefusalError);
});

t.test('a server that has become read-only empties the pool', async (t) => {
  const { url, adminUrl } = await testDatabase(t);
  const db = createWriterPool(url, { logger: silent, connectionsMax: 3 });
  const admin = createWriterPool(adminUrl, { logger: silent, connectionsMax: 1 });
  t.teardown(() => Promise.all([db.destroy(), admin.destroy()]));
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(admin);
  const readOnly = (setting: string) =>
    sql`alter database ${sql.id(rows[0]?.name ?? '')} set default_transaction_read_only = ${sql.lit(setting)}`.execute(
      admin,
    );
  const write = () =>
    sql`insert into opsledger.request_keys (tenant_id, client_id, key, body_hash)
      values (${TENANT}, 'test', gen_random_uuid(), '')`.execute(db);
  await readOnly('on');
  // Three connections are made now, all of them to a server that behaves as a standby.
  await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.1)`.execute(db)));
  // From here on new connections reach a server that accepts writes, as after a failover.
  await readOnly('off');
  await t.rejects(write(), { name: 'DatabaseUnavailableError', trouble: 'read-only' });
  for (const attempt of [1, 2, 3]) await t.resolves(write(), `no old connection is used, ${attempt}`);
});

t.test('settings by transaction are those of a session, and stay in the transaction', async (t) => {
  const { url } = await testDatabase(t);
  const db = createWriterPool(url, { logger: silent, connectionsMax: 1, behindPooler: true });
  t.teardown(() => db.destroy());
  await assertSettingsKept(db);
  const timeout = async () => {
    const { rows } = await sql<{
      timeout: string;
    }>`select current_setting('statement_timeout') as timeout`.execute(db);
    return rows[0]?.timeout;
  };
  t.equal(await timeout(), '5min');
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`select current_setting('idle_in_transaction_session_timeout') as idle`.execute(
      tx,
    );
    t.same(rows, [{ idle: '1min' }]);
  });
  await t.rejects(sql`select nothing from nowhere`.execute(db), { code: '42P01' });
  t.equal(await timeout(), '5min', 'a statement that fails leaves the connection usable');

  const hub = createHubPool(url, { logger: silent, connectionsMax: 1, behindPooler: true });
  t.teardown(() => hub.close());
  const seen = await withTenant(hub, TENANT, (read) =>
    sql`select current_user as role, current_setting('statement_timeout') as timeout,
      current_setting('transaction_read_only') as read_only`.execute(read),
  );
  t.same(seen.rows, [{ role: 'opsledger_hub', timeout: '5s', read_only: 'on' }]);
});

t.test('settings that get lost on the way are noticed', async (t) => {
  const { url } = await testDatabase(t);
  const lost = new URL(url);
  const db = createWriterPool(lost.href, { logger: silent, connectionsMax: 1 });
  t.teardown(() => db.destroy());
  await sql`set statement_timeout = 0`.execute(db);
  await t.rejects(assertSettingsKept(db), PoolerRefusalError);
  t.notOk(new PoolerRefusalError() instanceof DatabaseUnavailableError);
});
