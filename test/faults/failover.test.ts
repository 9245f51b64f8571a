import t from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { createWriterPool } from '../../src/db/pools.js';
import { changesOfRun } from '../support/changing-work.js';
import { silent } from '../support/database.js';
import { testCluster } from '../support/database-cluster.js';
import { fence, promoteCopy } from '../support/failover.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { rowsAndFold } from '../support/fault-rows.js';
import { freePort } from '../support/free-port.js';
import { untilHealth } from '../support/health.js';
import { skipWithoutNats } from '../support/system-parts.js';

const RUNS = longRun ? 60 : 6;
const ITEMS = 3;
const name = 'X27: PostgreSQL fails over, and every process follows to the new primary';

t.test(name, { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const port = await freePort();
  await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.process({ kind: 'program', roles: ['worker'] }),
    bed.process({ kind: 'program', roles: ['web'] }, { OPSLEDGER_PORT: String(port) }),
  ]);
  await untilHealth(port, 'ok');
  const startSome = (what: string) =>
    Promise.all(
      Array.from({ length: RUNS }, (_, index) =>
        bed.start(`${what} ${index}`, { items: ITEMS, pauseMs: 100 }),
      ),
    );
  await startSome('before');
  await bed.seen(({ type }) => type === 'RunItemsRecorded');
  const cluster = await testCluster();
  const fenced = await fence(t, cluster);
  t.match(await untilHealth(port, 'down'), { status: 503 }, 'a server that can only be read is reported');
  const primary = await promoteCopy(t, cluster);
  bed.databaseProxy.redirect(Number(new URL(primary.url).port));
  await startSome('after');
  await bed.settled(2 * RUNS);
  t.same(await bed.broken(), []);
  t.equal(bed.target.effects.length, 2 * RUNS * changesOfRun(ITEMS), 'every change was made once');
  await untilHealth(port, 'ok');

  await fenced.lift();
  const url = new URL(bed.database.url);
  url.port = new URL(primary.url).port;
  const db = createWriterPool(url.href, { logger: silent, connectionsMax: 2 });
  t.teardown(() => db.destroy());
  const { rows, fold } = await rowsAndFold(t, { ...bed, database: { ...bed.database, db } });
  t.equal(fold[hubProjection.schema]?.runs?.length, 2 * RUNS);
  t.same(rows, fold, 'P5: every row on the new primary is that of a fresh fold');
});
