import { type Kysely, sql } from 'kysely';
import type { HeldRequest, KnownRequest, RequestKey, RequestKeys } from '../runs/request-keys.js';
import type { PrimaryTables } from './primary-tables.js';

/** How long a key names its request. */
export const KEY_LIFETIME_HOURS = 24;
const WAIT_FOR_HOLDER_MS = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Keyed requests in PostgreSQL. The key is held by a lock of the connection's session, so that a process that dies
 * lets go of it; every step is committed by itself, so that what was noted before a crash is there after it.
 */
export function createRequestKeys(
  db: Kysely<PrimaryTables>,
  { waitForHolderMs = WAIT_FOR_HOLDER_MS }: { readonly waitForHolderMs?: number } = {},
): RequestKeys {
  // Within the process they queue here, and take one connection for each key at most.
  const underWay = new Map<string, Promise<unknown>>();

  async function holding<Result>(
    key: RequestKey,
    bodyHash: string,
    work: (request: HeldRequest) => Promise<Result>,
  ): Promise<Result | 'busy'> {
    const name = JSON.stringify([key.tenantId, key.clientId, key.key]);
    const before = underWay.get(name);
    const mine = (async () => {
      await before?.catch(() => undefined);
      return db
        .connection()
        .execute((connection) => held(connection, { name, key, bodyHash, waitForHolderMs }, work));
    })();
    underWay.set(name, mine);
    try {
      return await mine;
    } finally {
      if (underWay.get(name) === mine) underWay.delete(name);
    }
  }

  return {
    holding,
    async removeExpired() {
      await db
        .deleteFrom('opsledger.request_keys')
        .where('created_at', '<', sql<Date>`now() - make_interval(hours => ${KEY_LIFETIME_HOURS})`)
        .execute();
    },
  };
}

interface Holding {
  readonly name: string;
  readonly key: RequestKey;
  readonly bodyHash: string;
  readonly waitForHolderMs: number;
}

async function held<Result>(
  db: Kysely<PrimaryTables>,
  { name, key, bodyHash, waitForHolderMs }: Holding,
  work: (request: HeldRequest) => Promise<Result>,
): Promise<Result | 'busy'> {
  if (!(await lock(db, name, waitForHolderMs))) return 'busy';
  try {
    const known = await note(db, key, bodyHash);
    return await work({
      known,
      planned: (operationKey) => change(db, key, { operation_key: operationKey }),
      answered: (runId) => change(db, key, { run_id: runId }),
      withdraw: async () => {
        await db.deleteFrom('opsledger.request_keys').where(isRow(key)).execute();
      },
    });
  } finally {
    await sql`select pg_advisory_unlock(hashtextextended(${name}, 0))`.execute(db);
  }
}

async function lock(db: Kysely<PrimaryTables>, name: string, waitForHolderMs: number): Promise<boolean> {
  await sql`select set_config('lock_timeout', ${String(waitForHolderMs)}, false)`.execute(db);
  try {
    await sql`select pg_advisory_lock(hashtextextended(${name}, 0))`.execute(db);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  } finally {
    await sql`reset lock_timeout`.execute(db);
  }
}

/** Notes the request unless it is known; a key whose time is over names a new request. */
async function note(db: Kysely<PrimaryTables>, key: RequestKey, bodyHash: string): Promise<KnownRequest> {
  await sql`
    insert into opsledger.request_keys as known (tenant_id, client_id, key, body_hash)
    values (${key.tenantId}, ${key.clientId}, ${key.key}, ${bodyHash})
    on conflict (tenant_id, client_id, key) do update
      set body_hash = excluded.body_hash, operation_key = null, run_id = null, created_at = now()
      where known.created_at < now() - make_interval(hours => ${KEY_LIFETIME_HOURS})`.execute(db);
  const row = await db
    .selectFrom('opsledger.request_keys')
    .select(['body_hash', 'operation_key', 'run_id', 'created_at'])
    .select(sql<string>`extract(epoch from created_at)::text`.as('since'))
    .where(isRow(key))
    .executeTakeFirstOrThrow();
  return {
    bodyHash: row.body_hash,
    since: row.since,
    createdAt: row.created_at,
    operationKey: row.operation_key,
    runId: row.run_id,
  };
}

async function change(
  db: Kysely<PrimaryTables>,
  key: RequestKey,
  values: { run_id: string } | { operation_key: string },
): Promise<void> {
  await db.updateTable('opsledger.request_keys').set(values).where(isRow(key)).execute();
}

const isRow = ({ tenantId, clientId, key }: RequestKey) =>
  sql<boolean>`tenant_id = ${tenantId} and client_id = ${clientId} and key = ${key}`;
