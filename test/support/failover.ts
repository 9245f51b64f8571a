import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/embedded/postgres/start-embedded-postgres.js';
import { silent } from './database.js';
import type { TestCluster } from './database-cluster.js';

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

/**
 * Makes this process's PostgreSQL read-only, like a server that is no longer the primary. Its connections stay open. At
 * the end of the test it can be written again.
 */
export async function fence(t: Teardown, { server }: TestCluster): Promise<{ lift(): Promise<void> }> {
  await asAdmin(server, [
    'alter system set autovacuum = off',
    'alter system set default_transaction_read_only = on',
    'select pg_reload_conf()',
    // A transaction that began earlier can still write.
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where xact_start is not null
       and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  ]);
  const lift = () =>
    asAdmin(server, [
      'alter system reset autovacuum',
      'alter system reset default_transaction_read_only',
      'select pg_reload_conf()',
    ]);
  t.teardown(lift);
  return { lift };
}

/** Starts a writable copy of a fenced server: the new primary, with all data of the old one. */
export async function promoteCopy(t: Teardown, cluster: TestCluster): Promise<EmbeddedPostgres> {
  await asAdmin(cluster.server, ['checkpoint']);
  const dataDir = await mkdtemp(`${cluster.dataDir}-copy-`);
  await promisify(execFile)('cp', ['-a', `${cluster.dataDir}/.`, dataDir]);
  for (const file of ['postmaster.pid', 'postgresql.auto.conf'])
    await rm(join(dataDir, 'cluster', file), { force: true });
  const server = await startEmbeddedPostgres({ dataDir, logger: silent, durable: false });
  t.teardown(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return server;
}

async function asAdmin({ adminUrl }: EmbeddedPostgres, statements: readonly string[]): Promise<void> {
  const client = new pg.Client(adminUrl);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
