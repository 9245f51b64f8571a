import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { changesOfRun } from '../support/changing-work.js';
import { testCluster } from '../support/database-cluster.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { rowsAndFold } from '../support/fault-rows.js';
import { freePort } from '../support/free-port.js';
import { untilHealth } from '../support/health.js';
import { temporaryFolder } from '../support/running-product.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

/**
 * Goal: a full disk of PostgreSQL loses nothing, is named, and everything goes on by itself once there is room. Method: a
 * tablespace on a file system of 32 MB, which only root can mount, filled up by a table that nobody uses.
 */
const RUNS = longRun ? 60 : 8;
const ITEMS = 3;
const isRoot = process.getuid?.() === 0;
const skip = skipWithoutNats() || (isRoot ? false : 'only root mounts file systems');

t.setTimeout(290_000);

t.test('X31: PostgreSQL’s disk is full', { skip }, async (t) => {
  const tablespace = await smallTablespace(t);
  if (!tablespace) return t.pass('this machine lets nobody mount');
  const bed = await createFaultBed(t);
  const admin = new pg.Client(bed.database.adminUrl);
  await admin.connect();
  for (const kind of ['table', 'index'])
    await admin.query(`alter ${kind} all in tablespace pg_default set tablespace ${tablespace}`);
  // The projector makes the tables of its models when it starts.
  const name = new URL(bed.database.url).pathname.slice(1);
  await admin.query(`alter database ${name} set default_tablespace to ${tablespace}`);
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

  await fill(admin, tablespace);
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

/** A tablespace on a small file system, for the tables of one test; undefined where nothing can be mounted. */
async function smallTablespace(t: Test): Promise<string | undefined> {
  const { server, dataDir } = await testCluster();
  const { uid } = await stat(join(dataDir, 'cluster'));
  const folder = await temporaryFolder(t, 'full-disk');
  try {
    const options = `size=32m,uid=${uid},mode=0700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  const admin = new pg.Client(server.adminUrl);
  await admin.connect();
  t.teardown(async () => {
    await admin.query('drop tablespace small');
    await admin.end();
    execFileSync('umount', ['-l', folder]);
  });
  await admin.query(`create tablespace small location '${folder}'`);
  await admin.query('grant create on tablespace small to public');
  return 'small';
}

/** Fills the tablespace up to its last page. */
async function fill(admin: pg.Client, tablespace: string): Promise<void> {
  await admin.query(`create table ballast (filler text) tablespace ${tablespace}`);
  await admin.query('alter table ballast alter filler set storage plain');
  for (let rows = 4_096; rows >= 1; ) {
    const filling = admin.query(
      `insert into ballast select repeat('x', 7000) from generate_series(1, ${rows})`,
    );
    const isFull = await filling.then(
      () => false,
      (error: unknown) => (error as { readonly code?: string }).code === '53100',
    );
    // A failed insert leaves its pages in the table, and a smaller one then uses them up.
    if (isFull) rows = Math.floor(rows / 2);
  }
}
