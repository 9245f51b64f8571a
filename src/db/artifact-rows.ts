import { type Kysely, type RawBuilder, sql } from 'kysely';
import { packArtifact } from './artifact-body.js';
import type { PrimaryTables } from './primary-tables.js';
import type { TenantKeys } from './tenant-keyring.js';

/**
 * Storing a content again renews its row, at most once in this time. It is far below the age at which unreferenced
 * artifacts are collected, so that an artifact with a newly returned address is kept until an event names it.
 */
export const RENEW_AFTER_MS = 3_600_000;
const INSERT_BYTES_MAX = 8 * 1024 * 1024;
const INSERT_ROWS_MAX = 200;

/** A stored body, as far as storing its content again needs it. */
export interface StoredBody {
  readonly address: string;
  readonly body: Buffer;
  readonly keyVersion: number;
  /** Whether its row is to be renewed. */
  readonly due: boolean;
}

/** The bodies that are stored at those of a tenant's addresses. */
export async function storedBodies(
  db: Kysely<PrimaryTables>,
  tenantId: string,
  addresses: readonly string[],
): Promise<readonly StoredBody[]> {
  if (addresses.length === 0) return [];
  return db
    .selectFrom('opsledger.artifacts')
    .select((row) => [
      'address',
      'body',
      'key_version as keyVersion',
      sql<boolean>`${row.ref('last_put_at')} < ${ago(RENEW_AFTER_MS)}`.as('due'),
    ])
    .where('tenant_id', '=', tenantId)
    .where('address', 'in', [...addresses])
    .execute();
}

/** Renews those of a tenant's addresses that are stored; resolves to them. */
export async function renewArtifacts(
  db: Kysely<PrimaryTables>,
  tenantId: string,
  addresses: readonly string[],
): Promise<readonly string[]> {
  if (addresses.length === 0) return [];
  // Rows are locked in a fixed order, so that two renewals of the same contents don't deadlock.
  const renewed = await db
    .with('locked', (qc) =>
      qc
        .selectFrom('opsledger.artifacts')
        .select('address')
        .where('tenant_id', '=', tenantId)
        .where('address', 'in', [...addresses])
        .orderBy('address')
        .forUpdate(),
    )
    .updateTable('opsledger.artifacts')
    .from('locked')
    .set({ last_put_at: sql`now()` })
    .where('tenant_id', '=', tenantId)
    .whereRef('opsledger.artifacts.address', '=', 'locked.address')
    .returning('opsledger.artifacts.address')
    .execute();
  return renewed.map(({ address }) => address);
}

/**
 * Packs and inserts contents by address, in pages. What is stored there already is replaced: another process has
 * inserted the same content meanwhile, or the stored bytes can't be read.
 */
export async function insertArtifacts(
  db: Kysely<PrimaryTables>,
  tenantId: string,
  keys: TenantKeys,
  contents: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const key = keys.encryption.get(keys.version) as Buffer;
  // Sorted, so that two inserts of the same contents don't deadlock.
  const rows = [...contents].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const page of pagesOf(rows)) {
    const values = await Promise.all(
      page.map(async ([address, plain]) => ({
        tenant_id: tenantId,
        address,
        size_bytes: plain.length,
        body: await packArtifact(key, plain, { tenantId, address }),
        key_version: keys.version,
      })),
    );
    await db
      .insertInto('opsledger.artifacts')
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(['tenant_id', 'address']).doUpdateSet((row) => ({
          body: row.ref('excluded.body'),
          key_version: row.ref('excluded.key_version'),
          size_bytes: row.ref('excluded.size_bytes'),
          last_put_at: sql`now()`,
        })),
      )
      .execute();
  }
}

/** A moment of the past, by the database's clock. */
export function ago(ms: number): RawBuilder<Date> {
  return sql<Date>`now() - ${ms} * interval '1 millisecond'`;
}

type Row = [address: string, plain: Uint8Array];

function* pagesOf(rows: readonly Row[]): Generator<Row[]> {
  let page: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (page.length === INSERT_ROWS_MAX || (page.length > 0 && bytes + row[1].length > INSERT_BYTES_MAX)) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(row);
    bytes += row[1].length;
  }
  if (page.length > 0) yield page;
}
