import t from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { changesOfRun } from '../support/changing-work.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { rowsAndFold } from '../support/fault-rows.js';
import { freePort } from '../support/free-port.js';
import { untilHealth } from '../support/health.js';
import { startPgBouncer } from '../support/pgbouncer.js';
import { skipWithoutNats, skipWithoutPgBouncer } from '../support/system-parts.js';

const RUNS = longRun ? 60 : 8;
const ITEMS = 3;
const name = 'X29: every role behind PgBouncer in transaction mode, one projector and one pooler killed';

t.test(name, { skip: skipWithoutNats() || skipWithoutPgBouncer() }, async (t) => {
  const bed = await createFaultBed(t);
  const { url } = bed.database;
  const pooler = await startPgBouncer(t, [url]);
  const environment = { DATABASE_URL: pooler.through(url), DATABASE_SESSION_URL: url };
  const port = await freePort();
  const [first] = await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }, environment),
    bed.process({ kind: 'program', roles: ['projector'] }, environment),
    bed.process({ kind: 'program', roles: ['worker'] }, environment),
    bed.process({ kind: 'program', roles: ['web'] }, { ...environment, OPSLEDGER_PORT: String(port) }),
  ]);
  await untilHealth(port, 'ok');
  const startSome = (what: string) =>
    Promise.all(
      Array.from({ length: RUNS }, (_, index) =>
        bed.start(`${what} ${index}`, { items: ITEMS, pauseMs: 100 }),
      ),
    );
  await startSome('pooled');
  await bed.seen(({ type }) => type === 'RunItemsRecorded');
  first?.signal('SIGKILL');
  await pooler.restart();
  await startSome('after');
  await bed.settled(2 * RUNS);
  t.same(await bed.broken(), []);
  t.equal(bed.target.effects.length, 2 * RUNS * changesOfRun(ITEMS), 'every change was made once');
  await untilHealth(port, 'ok');
  const { rows, fold } = await rowsAndFold(t, bed);
  t.equal(fold[hubProjection.schema]?.runs?.length, 2 * RUNS);
  t.same(rows, fold, 'P5: every row is that of a fresh fold');
});
