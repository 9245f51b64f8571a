import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Test } from 'tap';
import { runAsAdmin } from './database.js';
import { testCluster } from './database-cluster.js';
import { temporaryFolder } from './running-product.js';

/** PostgreSQL's error code for a full disk. */
const DISK_FULL = '53100';

/**
 * A tablespace on a file system of its own, for the tables of one test; undefined where nothing can be mounted. Only
 * root can mount.
 */
export async function smallTablespace(t: Test, megabytes: number): Promise<string | undefined> {
  const { server, dataDir } = await testCluster();
  const { uid } = await stat(join(dataDir, 'cluster'));
  const folder = await temporaryFolder(t, 'full-disk');
  try {
    const options = `size=${megabytes}m,uid=${uid},mode=0700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  t.teardown(async () => {
    await runAsAdmin(server.adminUrl, ['drop tablespace small']);
    execFileSync('umount', ['-l', folder]);
  });
  await runAsAdmin(server.adminUrl, [
    `create tablespace small location '${folder}'`,
    'grant create on tablespace small to public',
  ]);
  return 'small';
}

/** Moves every table of a database to a tablespace, those that are made later too. */
export async function useTablespace(admin: pg.Client, tablespace: string): Promise<void> {
  for (const kind of ['table', 'index'])
    await admin.query(`alter ${kind} all in tablespace pg_default set tablespace ${tablespace}`);
  const { rows } = await admin.query('select current_database() as name');
  await admin.query(`alter database ${rows[0].name} set default_tablespace to ${tablespace}`);
}

/** Fills a tablespace up to its last page with the table `ballast`. */
export async function fillTablespace(admin: pg.Client, tablespace: string): Promise<void> {
  await admin.query(`create table ballast (filler text) tablespace ${tablespace}`);
  await admin.query('alter table ballast alter filler set storage plain');
  for (let rows = 4_096; rows >= 1; ) {
    const filling = admin.query(
      `insert into ballast select repeat('x', 7000) from generate_series(1, ${rows})`,
    );
    const isFull = await filling.then(
      () => false,
      (error: unknown) => (error as { readonly code?: string }).code === DISK_FULL,
    );
    // A failed insert leaves its pages in the table, and a smaller one then uses them up.
    if (isFull) rows = Math.floor(rows / 2);
  }
}
