import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { createHubPool, createWriterPool, type HubPool, type HubPoolOptions } from '../../src/db/pools.js';
import type { PrimaryTables } from '../../src/db/primary-tables.js';
import { testCluster } from './database-cluster.js';

/** The part of a tap test that `testDatabase` needs. */
interface Teardown {
  teardown(end: () => Promise<void>): void;
}

/** A new, migrated database for one test. */
export interface TestDatabase {
  /** Connection strings to this database for the program's login, the hub's login and the cluster's superuser. */
  readonly url: string;
  readonly hubUrl: string;
  readonly adminUrl: string;
  /** A writer's pool on the database, closed at teardown. */
  readonly db: Kysely<PrimaryTables>;
  /** Opens a hub's pool on the database, closed at teardown. */
  hub<DB>(options?: Pick<HubPoolOptions, 'onQuery' | 'schema'>): HubPool<DB>;
}

export const silent = pino({ level: 'silent' });

const POOL_CONNECTIONS_MAX = 4;

/**
 * Makes a database from the migrated template on this process's cluster and drops it when `t` ends. The cluster starts
 * on first use and ends with the process. Takes about 50 ms; the first database of a process takes about 200 ms.
 */
export async function testDatabase(t: Teardown): Promise<TestDatabase> {
  const { server } = await testCluster();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await runAsAdmin(server.adminUrl, [
    `create database ${name} template opsledger owner opsledger strategy file_copy`,
    // Rights on a database are not copied from its template.
    `revoke temporary on database ${name} from public`,
  ]);
  const url = inDatabase(name, server.url);
  const hubUrl = inDatabase(name, server.hubUrl);
  const closers: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    await Promise.all(closers.map((close) => close()));
    await runAsAdmin(server.adminUrl, [`drop database ${name} with (force)`]);
  });
  const options = { logger: silent, connectionsMax: POOL_CONNECTIONS_MAX };
  const db = createWriterPool(url, options);
  closers.push(() => db.destroy());
  return {
    url,
    hubUrl,
    adminUrl: inDatabase(name, server.adminUrl),
    db,
    hub<DB>(more: Pick<HubPoolOptions, 'onQuery' | 'schema'> = {}) {
      const hub = createHubPool<DB>(hubUrl, { ...options, ...more });
      closers.push(() => hub.close());
      return hub;
    },
  };
}

function inDatabase(database: string, url: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}

/** Runs statements one after another over a connection of its own. */
export async function runAsAdmin(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
