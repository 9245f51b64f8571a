import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createLiveness } from '../../src/db/liveness.js';
import { createTenantShares } from '../../src/db/tenant-shares.js';
import { testDatabase } from '../support/database.js';

t.test('a process has the share of its runs among the living ones of the tenant', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  const tenantId = randomUUID();
  let nowMs = 0;
  const shareOf = createTenantShares({ db, clock: { monotonicMs: () => nowMs }, worker: 'here' });
  /** The share after a query that has returned. */
  const looked = async () => {
    nowMs += 10_000;
    const before = shareOf(tenantId);
    // This query is the only one in progress on the pool's connection.
    for (let query = 0; query < 50 && shareOf(tenantId) === before; query++) await sql`select 1`.execute(db);
    return shareOf(tenantId);
  };
  const beat = (runId: string, worker: string) => liveness.beat({ tenantId, runId, attempt: 1, worker });
  t.equal(shareOf(tenantId), 1, 'before the first look');
  await beat('one', 'there');
  t.equal(await looked(), 1 / 2, 'it works there already, whether or not its run has left a sign');
  await beat('two', 'here');
  await beat('three', 'here');
  await beat('four', 'here');
  t.equal(await looked(), 3 / 4);
  await sql`update liveness.beats set beat_at = clock_timestamp() - interval '2 minutes' where worker = 'there'`.execute(
    db,
  );
  t.equal(await looked(), 1, 'whose signs are old is gone');
  t.equal(shareOf(randomUUID()), 1, 'another tenant is another budget');
});
