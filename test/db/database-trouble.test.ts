import { sql } from 'kysely';
import t from 'tap';
import { DatabaseUnavailableError } from '../../src/db/database-trouble.js';
import { createWriterPool } from '../../src/db/pools.js';
import { runAsAdmin, silent, testDatabase } from '../support/database.js';
import { testCluster } from '../support/database-cluster.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const isUnavailable = (error: unknown): boolean => error instanceof DatabaseUnavailableError;
const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

t.test('a server that is gone, cuts or ends connections is away; a wrong statement is not', async (t) => {
  const { url, adminUrl } = await testDatabase(t);
  const behind = new URL(url);
  const proxy = await startTcpProxy(Number(behind.port));
  behind.port = String(proxy.port);
  const db = createWriterPool(behind.href, { logger: silent, connectionsMax: 1 });
  const admin = createWriterPool(adminUrl, { logger: silent, connectionsMax: 1 });
  t.teardown(() => Promise.all([db.destroy(), admin.destroy(), proxy.close()]));

  const ended = errorOf(sql`select pg_sleep(60), pg_backend_pid()`.execute(db));
  for (let looks = 0; looks < 200; looks++) {
    const { rows } = await sql<{ ended: boolean }>`select pg_terminate_backend(pid) as ended
      from pg_stat_activity where query like 'select pg_sleep(60)%' and pid <> pg_backend_pid()`.execute(
      admin,
    );
    if (rows.length > 0) break;
  }
  t.ok(isUnavailable(await ended), 'ended by an administrator, as at a shutdown');

  const cut = errorOf(sql`select pg_sleep(60)`.execute(db));
  proxy.goAway();
  t.ok(isUnavailable(await cut), 'cut in the middle');
  t.ok(isUnavailable(await errorOf(sql`select 1`.execute(db))), 'no connection is taken');
  proxy.heal();

  const guess = new URL(url);
  guess.password = 'guess';
  const refused = createWriterPool(guess.href, { logger: silent, connectionsMax: 1 });
  t.match(await errorOf(sql`select 1`.execute(refused)), {
    trouble: 'login-refused',
    message: /^The database refuses the program’s login \(password authentication failed .*\)\.$/,
  });
  await refused.destroy();

  const { server } = await testCluster();
  const allow = (whether: boolean) =>
    runAsAdmin(server.adminUrl, [`alter database ${behind.pathname.slice(1)} allow_connections ${whether}`]);
  await allow(false);
  const shutOut = createWriterPool(url, { logger: silent, connectionsMax: 1 });
  t.match(await errorOf(sql`select 1`.execute(shutOut)), { trouble: 'closed' }, 'as while it is renamed');
  await shutOut.destroy();
  await allow(true);

  t.notOk(isUnavailable(await errorOf(sql`select wrong`.execute(db))));
  t.notOk(isUnavailable(await errorOf(sql`insert into opsledger.nowhere values (1)`.execute(db))));
  t.notOk(isUnavailable(new Error('a key is gone')));
  t.notOk(isUnavailable('57P01'));
});

t.test('a port that nobody listens on', async (t) => {
  const proxy = await startTcpProxy(1);
  await proxy.close();
  const db = createWriterPool(`postgres://nobody@127.0.0.1:${proxy.port}/none`, { logger: silent });
  t.teardown(() => db.destroy());
  t.ok(isUnavailable(await errorOf(sql`select 1`.execute(db))));
});
