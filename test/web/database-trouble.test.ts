import { sql } from 'kysely';
import t from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { createWriterPool } from '../../src/db/pools.js';
import { silent } from '../support/database.js';
import { hubSite } from '../support/hub-site.js';

/** The answers to people and programs while the database can't work, on a real PostgreSQL. */

t.test('without a free connection everything answers 503, and works again afterwards', async (t) => {
  const site = await hubSite(t, { projector: false });
  const admin = createWriterPool(site.database.adminUrl, { logger: silent, connectionsMax: 1 });
  t.teardown(() => admin.destroy());
  const { tenantId, persons } = await site.tenant('contoso');
  const cookie = await site.cookieOf(persons.owner);
  const token = await site.issueToken(tenantId, 'a client', ['hub.read', 'run.read', 'runs.start']);
  const page = (url: string) => site.app.inject({ url, headers: { cookie, accept: 'text/html' } });
  const api = (url: string, method: 'GET' | 'POST' = 'GET') =>
    site.app.inject({
      method,
      url: `/api/v1${url}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(method === 'POST' ? { 'idempotency-key': 'a-key' } : {}),
      },
      ...(method === 'POST' ? { payload: { type: 'inventory.sync', input: {} } } : {}),
    });
  const limitConnections = async (most: number) => {
    for (const role of ['opsledger', 'opsledger_hub'])
      await sql`alter role ${sql.id(role)} connection limit ${sql.lit(most)}`.execute(admin);
    await sql`
      select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where usename in ('opsledger', 'opsledger_hub') and datname = current_database()`.execute(admin);
  };

  await limitConnections(0);
  const sentence = 'All connections of the database are taken.';
  for (const url of ['/t/contoso', '/t/contoso/operations', '/tenants', '/signin', '/health']) {
    const answer = await page(url);
    t.equal(answer.statusCode, 503, url);
    t.equal(answer.headers['retry-after'], '3');
    t.match(answer.headers['content-type'], 'text/html');
    t.match(answer.body, sentence);
  }
  for (const answer of [await api('/tenants/contoso/runs'), await api('/tenants/contoso/runs', 'POST')]) {
    t.equal(answer.statusCode, 503);
    t.equal(answer.headers['retry-after'], '3');
    t.match(answer.json(), { error: { code: 'unavailable', message: `${sentence} Try again in a moment.` } });
  }

  await limitConnections(-1);
  t.equal((await page('/tenants')).statusCode, 200);
});

t.test('a list that takes the database too long says so, and what to choose', async (t) => {
  const site = await hubSite(t);
  const admin = createWriterPool(site.database.adminUrl, { logger: silent, connectionsMax: 1 });
  t.teardown(() => admin.destroy());
  const { persons } = await site.tenant('contoso');
  const cookie = await site.cookieOf(persons.owner);
  const list = () =>
    site.app.inject({ url: '/t/contoso/operations?q=export', headers: { cookie, accept: 'text/html' } });
  await site.settle();

  await admin.transaction().execute(async (tx) => {
    await sql`lock table ${sql.id(hubProjection.schema, 'runs')} in access exclusive mode`.execute(tx);
    const answer = await list();
    t.equal(answer.statusCode, 503);
    t.equal(answer.headers['retry-after'], '3');
    t.match(
      answer.body,
      'The database took too long. Choose less, such as a shorter time, or try again in a moment.',
    );
  });
  t.equal((await list()).statusCode, 200);
});
