import pg from 'pg';
import t from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { changesOfRun } from '../support/changing-work.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { rowsAndFold } from '../support/fault-rows.js';
import { freePort } from '../support/free-port.js';
import { untilHealth } from '../support/health.js';
import { fillTablespace, smallTablespace, useTablespace } from '../support/small-tablespace.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

/**
 * Goal: a full disk of PostgreSQL loses nothing, is named, and everything goes on by itself once there is room. Method: a
 * tablespace on a file system of 32 MB, which only root can mount, filled up by a table that nobody uses.
 */
const DISK_MEGABYTES = 32;
const RUNS = longRun ? 60 : 8;
const ITEMS = 3;
const isRoot = process.getuid?.() === 0;
const skip = skipWithoutNats() || (isRoot ? false : 'only root mounts file systems');

t.setTimeout(290_000);

t.test('X31: PostgreSQL’s disk is full', { skip }, async (t) => {
  const tablespace = await smallTablespace(t, DISK_MEGABYTES);
  if (!tablespace) return t.pass('this machine lets nobody mount');
  const bed = await createFaultBed(t);
  const admin = new pg.Client(bed.database.adminUrl);
  await admin.connect();
  // The projector makes the tables of its models when it starts.
  await useTablespace(admin, tablespace);
  const port = await freePort();
  const [projector] = await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.process({ kind: 'program', roles: ['worker'] }),
    bed.process({ kind: 'program', roles: ['web'] }, { OPSLEDGER_PORT: String(port) }),
  ]);
  await untilHealth(port, 'ok');
  const startSome = (what: string) =>
    Promise.all(Array.from({ length: RUNS }, (_, index) => bed.start(`${what} ${index}`, { items: ITEMS })));
  await startSome('before');
  await bed.settled(RUNS);

  await fillTablespace(admin, tablespace);
  let rounds = 0;
  // Pages that exist have some room left, so the first runs may still fit.
  await until(async () => {
    await startSome(`full ${rounds++}`);
    return projector?.complaints().includes('The database has no room left');
  });
  const full = await untilHealth(port, 'degraded');
  t.equal(full.status, 200, 'pages can still be read');
  await admin.query('drop table ballast');
  await bed.settled(RUNS * (1 + rounds));
  t.same(await bed.broken(), []);
  t.equal(bed.target.effects.length, RUNS * (1 + rounds) * changesOfRun(ITEMS), 'every change was made once');
  await untilHealth(port, 'ok');
  const { rows, fold } = await rowsAndFold(t, bed);
  t.equal(fold[hubProjection.schema]?.runs?.length, RUNS * (1 + rounds));
  t.same(rows, fold, 'P5: every row is that of a fresh fold');
  await admin.end();
});
