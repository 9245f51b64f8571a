import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type ArtifactPlace, packArtifact } from './artifact-body.js';
import type { PrimaryTables } from './primary-tables.js';
import type { TenantKeys } from './tenant-keyring.js';

/**
 * Storing a content again renews its row, at most once in this time. It is far below the age at which unreferenced
 * artifacts are collected, so that an artifact with a newly returned address is kept until an event names it.
 */
export const RENEW_AFTER_MS = 3_600_000;

/** A stored body, as far as storing its content again needs it. */
export interface StoredBody {
  readonly body: Buffer;
  readonly keyVersion: number;
  /** Whether its row is to be renewed. */
  readonly due: boolean;
}

/** The body that is stored at a tenant's address. */
export function storedBody(
  db: Kysely<PrimaryTables>,
  tenantId: string,
  address: string,
): Promise<StoredBody | undefined> {
  return db
    .selectFrom('opsledger.artifacts')
    .select((row) => [
      'body',
      'key_version as keyVersion',
      sql<boolean>`${row.ref('last_put_at')} < ${intervalAgo(RENEW_AFTER_MS)}`.as('due'),
    ])
    .where('tenant_id', '=', tenantId)
    .where('address', '=', address)
    .executeTakeFirst();
}

/** Renews the row of a tenant's address; false when there is none any more. */
export async function renewArtifact(
  db: Kysely<PrimaryTables>,
  tenantId: string,
  address: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('opsledger.artifacts')
    .set({ last_put_at: sql`now()` })
    .where('tenant_id', '=', tenantId)
    .where('address', '=', address)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/**
 * Packs and inserts a content. What is stored at its place already is replaced: another process has inserted the same
 * content meanwhile, or the stored bytes can't be read.
 */
export async function insertArtifact(
  db: Kysely<PrimaryTables>,
  keys: TenantKeys,
  place: ArtifactPlace,
  plain: Uint8Array,
): Promise<void> {
  const key = keys.encryption.get(keys.version) as Buffer;
  await db
    .insertInto('opsledger.artifacts')
    .values({
      tenant_id: place.tenantId,
      address: place.address,
      size_bytes: plain.length,
      body: await packArtifact(key, plain, place),
      key_version: keys.version,
    })
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

/** A moment of the past, by the database's clock. */
export function intervalAgo(ms: number): RawBuilder<Date> {
  return sql<Date>`now() - ${ms} * interval '1 millisecond'`;
}
