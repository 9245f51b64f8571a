import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createLiveness } from '../../src/db/liveness.js';
import { createTenantShares } from '../../src/db/tenant-shares.js';
import { createTenantTraffic } from '../../src/graph/client/tenant-traffic.js';
import { createThrottleBudget } from '../../src/graph/simulator/throttle-budget.js';
import { limitedTo, skippingClock } from '../graph/simulator-and-client.js';
import { testDatabase } from '../support/database.js';
import { createSeededChance } from '../support/seeded-chance.js';

t.test('a process has the share of its runs among the living ones of the tenant', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  const tenantId = randomUUID();
  let nowMs = 0;
  const shareOf = createTenantShares({ db, clock: { monotonicMs: () => nowMs }, worker: 'here' });
  /** The share after this time, when a query that it may have caused has returned. */
  const looked = async (tenant = tenantId, laterMs = 10_000) => {
    nowMs += laterMs;
    const before = shareOf(tenant);
    // This query is the only one in progress on the pool's connection.
    for (let query = 0; query < 50 && shareOf(tenant) === before; query++) await sql`select 1`.execute(db);
    return shareOf(tenant);
  };
  const beat = (runId: string, worker: string) => liveness.beat({ tenantId, runId, attempt: 1, worker });
  t.equal(shareOf(tenantId), 1, 'before the first look');
  await beat('one', 'there');
  t.equal(await looked(), 1 / 2, 'it works there already, whether or not its run has left a sign');
  await beat('two', 'here');
  await beat('three', 'here');
  await beat('four', 'here');
  t.equal(await looked(), 3 / 4);
  await beat('five', 'there');
  t.equal(await looked(tenantId, 9_999), 3 / 4, 'it looks every ten seconds');
  t.equal(await looked(randomUUID()), 1, 'another tenant is another budget');
  await sql`update liveness.beats set beat_at = clock_timestamp() - interval '2 minutes' where worker = 'there'`.execute(
    db,
  );
  t.equal(await looked(), 1, 'whose signs are old is gone');
});

t.test(
  'two processes share a tenant’s budget in proportion to their runs, and use it up together',
  async (t) => {
    const { db } = await testDatabase(t);
    const liveness = createLiveness(db);
    const tenantId = randomUUID();
    const clock = skippingClock();
    const limits = limitedTo({ intune_reads: 40 });
    const { windowMs } = limits.intune_reads;
    const service = createThrottleBudget(limits, clock);
    const processNamed = (worker: string) => {
      const shareOf = createTenantShares({ db, clock, worker });
      const share = () => shareOf(tenantId);
      return { share, traffic: createTenantTraffic({ clock, chance: createSeededChance(1), limits, share }) };
    };
    const here = processNamed('here');
    const there = processNamed('there');
    /** Starts a window and waits until both processes have looked at the signs of life. */
    const nextWindow = async (shareHere: number, shareThere: number) => {
      await clock.sleep(windowMs);
      const haveLooked = () => here.share() === shareHere && there.share() === shareThere;
      for (let query = 0; query < 50 && !haveLooked(); query++) await sql`select 1`.execute(db);
      t.same([here.share(), there.share()], [shareHere, shareThere]);
    };
    let refused = 0;
    /** How many requests a process sends before one has to wait. */
    const sentAtOnce = async ({ traffic }: typeof here) => {
      for (let sent = 0; ; sent++) {
        const full = new AbortController();
        const admission = await traffic
          .admit('intune_reads', 1, { signal: full.signal, onWaiting: () => full.abort() })
          .catch(() => null);
        if (!admission) return sent;
        if (service.spend({ tenant: 't', app: 'a', method: 'GET', path: 'deviceManagement/x' })) refused += 1;
        admission.answered();
      }
    };
    const runs = { one: 'here', two: 'there', three: 'there', four: 'there' };
    for (const [runId, worker] of Object.entries(runs))
      await liveness.beat({ tenantId, runId, attempt: 1, worker });
    await nextWindow(1 / 4, 3 / 4);
    t.same([await sentAtOnce(here), await sentAtOnce(there)], [10, 30]);
    await liveness.beat({ tenantId, runId: 'five', attempt: 1, worker: 'here' });
    await liveness.beat({ tenantId, runId: 'six', attempt: 1, worker: 'here' });
    await nextWindow(1 / 2, 1 / 2);
    t.same([await sentAtOnce(there), await sentAtOnce(here)], [20, 20]);
    t.equal(refused, 0, 'the service counts both and refuses nothing');
  },
);
