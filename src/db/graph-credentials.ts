import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import type { MasterKey } from './master-key.js';
import type { PrimaryTables } from './primary-tables.js';
import { open, seal } from './sealed-bytes.js';
import { createTenantKeyring } from './tenant-keyring.js';

/** A credential for a tenant's Graph, such as an access token or a client secret. */
export type GraphCredential = Readonly<Record<string, string>>;

/**
 * Sealed credentials by tenant and id. The tenant's stream says which of them its connection uses, so that a
 * single event replaces one by another. The id is null for a credential without one.
 */
export interface GraphCredentialStore {
  set(tenantId: string, id: string | null, credential: GraphCredential): Promise<void>;
  get(tenantId: string, id: string | null): Promise<GraphCredential | undefined>;
  /**
   * Removes the tenant's credentials that are older than a day, except the given ones; they were proposed and
   * never used.
   */
  removeOld(tenantId: string, except: readonly (string | null)[]): Promise<void>;
  /** Removes all of a tenant's credentials. */
  removeAll(tenantId: string): Promise<void>;
}

const credentialSchema = z.record(z.string(), z.string());
const VERSION_BYTES = 4;

/**
 * Credentials in `opsledger.graph_credentials`, sealed under the tenant's newest key (its version comes
 * first).
 */
export function createGraphCredentialStore(options: {
  readonly db: Kysely<PrimaryTables>;
  readonly masterKey: MasterKey;
}): GraphCredentialStore {
  const { db } = options;
  const keyring = createTenantKeyring(db, options.masterKey);
  return {
    async set(tenant, id, credential) {
      const tenantId = tenant.toLowerCase();
      const { version, encryption } = await keyring.keysOf(tenantId);
      const header = Buffer.alloc(VERSION_BYTES);
      header.writeUInt32BE(version);
      const body = seal(
        encryption.get(version) as Buffer,
        Buffer.from(JSON.stringify(credential)),
        placeOf(tenantId, id),
      );
      const sealed = Buffer.concat([header, body]);
      await db
        .insertInto('opsledger.graph_credentials')
        .values({ tenant_id: tenantId, credential_id: id ?? '', sealed })
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'credential_id']).doUpdateSet({ sealed, updated_at: sql`now()` }),
        )
        .execute();
    },
    async get(tenant, id) {
      const tenantId = tenant.toLowerCase();
      const row = await db
        .selectFrom('opsledger.graph_credentials')
        .select('sealed')
        .where('tenant_id', '=', tenantId)
        .where('credential_id', '=', id ?? '')
        .executeTakeFirst();
      if (!row) return undefined;
      const version = row.sealed.readUInt32BE();
      const key = (await keyring.keysOf(tenantId, version)).encryption.get(version);
      if (!key)
        throw new Error(`The key that the Graph credential of tenant ${tenantId} was sealed under is gone.`);
      const plain = open(key, row.sealed.subarray(VERSION_BYTES), placeOf(tenantId, id));
      return credentialSchema.parse(JSON.parse(plain.toString()));
    },
    async removeOld(tenantId, except) {
      await db
        .deleteFrom('opsledger.graph_credentials')
        .where('tenant_id', '=', tenantId)
        .where((row) => row.not(row('credential_id', '=', row.fn.any(row.val(except.map((id) => id ?? ''))))))
        .where('updated_at', '<', sql<Date>`now() - interval '1 day'`)
        .execute();
    },
    async removeAll(tenantId) {
      await db.deleteFrom('opsledger.graph_credentials').where('tenant_id', '=', tenantId).execute();
    },
  };
}

/** What the sealed bytes are bound to. Credentials without an id were sealed before ids existed. */
const placeOf = (tenantId: string, id: string | null): string =>
  id === null ? `graph credential ${tenantId}` : `graph credential ${tenantId} ${id}`;
