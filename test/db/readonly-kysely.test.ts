import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { HubReadableTables } from '../../src/db/primary-tables.js';
import { withTenant } from '../../src/db/with-tenant.js';
import { testDatabase } from '../support/database.js';

t.test('a page can build every SELECT', async (t) => {
  const hub = (await testDatabase(t)).hub<HubReadableTables>();
  const rows = await withTenant(hub, randomUUID(), (db) =>
    db
      .with('recent', (inner) => inner.selectFrom('liveness.beats').select(['run_id', 'attempt']))
      .selectFrom('recent')
      .select([db.fn.countAll<number>().as('runs'), db.fn.max('attempt').as('most')])
      .execute(),
  );
  t.same(rows, [{ runs: 0, most: null }]);
  const fromSchema = await withTenant(hub, randomUUID(), (db) =>
    db.withSchema('liveness').selectFrom('liveness.beats').select('run_id').execute(),
  );
  t.same(fromSchema, []);
});

t.test('a page that tries to write does not compile, and is refused by the database', async (t) => {
  const hub = (await testDatabase(t)).hub<HubReadableTables>();
  const writes = withTenant(hub, randomUUID(), (db) =>
    // @ts-expect-error The read-only type has no deleteFrom; the type check fails when it gets one.
    db.deleteFrom('liveness.beats').execute(),
  );
  await t.rejects(writes, { code: /25006|42501/ });
});
