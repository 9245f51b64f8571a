import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import type { MasterKey } from './master-key.js';
import type { PrimaryTables } from './primary-tables.js';
import { open, seal } from './sealed-bytes.js';
import { createTenantKeyring } from './tenant-keyring.js';

/**
 * What signs in to a tenant's Graph, kept sealed: an access token, a client secret, … as the client needs
 * it.
 */
export type GraphCredential = Readonly<Record<string, string>>;

export interface GraphCredentialStore {
  set(tenantId: string, credential: GraphCredential): Promise<void>;
  get(tenantId: string): Promise<GraphCredential | undefined>;
  remove(tenantId: string): Promise<void>;
}

const credentialSchema = z.record(z.string(), z.string());
const versionBytes = 4;

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
    async set(tenant, credential) {
      const tenantId = tenant.toLowerCase();
      const { version, encryption } = await keyring.keysOf(tenantId);
      const header = Buffer.alloc(versionBytes);
      header.writeUInt32BE(version);
      const body = seal(
        encryption.get(version) as Buffer,
        Buffer.from(JSON.stringify(credential)),
        placeOf(tenantId),
      );
      const sealed = Buffer.concat([header, body]);
      await db
        .insertInto('opsledger.graph_credentials')
        .values({ tenant_id: tenantId, sealed })
        .onConflict((conflict) =>
          conflict.column('tenant_id').doUpdateSet({ sealed, updated_at: sql`now()` }),
        )
        .execute();
    },
    async get(tenant) {
      const tenantId = tenant.toLowerCase();
      const row = await db
        .selectFrom('opsledger.graph_credentials')
        .select('sealed')
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst();
      if (!row) return undefined;
      const version = row.sealed.readUInt32BE();
      const key = (await keyring.keysOf(tenantId, version)).encryption.get(version);
      if (!key)
        throw new Error(`The key that the Graph credential of tenant ${tenantId} was sealed under is gone.`);
      const plain = open(key, row.sealed.subarray(versionBytes), placeOf(tenantId));
      return credentialSchema.parse(JSON.parse(plain.toString()));
    },
    async remove(tenantId) {
      await db.deleteFrom('opsledger.graph_credentials').where('tenant_id', '=', tenantId).execute();
    },
  };
}

const placeOf = (tenantId: string): string => `graph credential ${tenantId}`;
