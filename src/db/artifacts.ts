import { createHmac } from 'node:crypto';
import type { Kysely } from 'kysely';
import { canonicalJson, type Json } from '../ledger/canonical-json.js';
import { isIntact, unpackArtifact } from './artifact-body.js';
import { insertArtifact, renewArtifact, type StoredBody, storedBody } from './artifact-rows.js';
import type { MasterKey } from './master-key.js';
import type { PrimaryTables } from './primary-tables.js';
import { BrokenSealError } from './sealed-bytes.js';
import { createTenantKeyring, type TenantKeys } from './tenant-keyring.js';

/** Bytes as they are, or a JSON value, which is stored as its canonical text (RFC 8785). */
export type ArtifactContent = Uint8Array | { readonly [key: string]: Json } | readonly Json[];

/**
 * Contents that are stored outside the log, encrypted, by address. An address is an HMAC under the tenant's key:
 * equal contents of one tenant have the same address, tenants share no addresses, and without the key an address
 * says nothing about the content.
 */
export interface ArtifactStore {
  /**
   * Stores the content unless it is already stored; what is stored at its address and can't be read is replaced.
   * Resolves to its address (64 hex digits) when it is on disk.
   */
  put(tenantId: string, content: ArtifactContent): Promise<string>;
  /** The content, or undefined when there is none. Throws BrokenSealError when the stored bytes were changed. */
  get(tenantId: string, address: string): Promise<Buffer | undefined>;
  has(tenantId: string, address: string): Promise<boolean>;
  /** The address that these bytes or this text (UTF-8) would have; nothing is stored. Used for fingerprints. */
  digest(tenantId: string, data: Uint8Array | string): Promise<string>;
}

/** A content is larger than the limit; nothing was stored. */
export class ArtifactTooLargeError extends Error {
  override readonly name = 'ArtifactTooLargeError';
}

export const ARTIFACT_BYTES_MAX = 64 * 1024 * 1024;

export function createArtifactStore(options: {
  readonly db: Kysely<PrimaryTables>;
  readonly masterKey: MasterKey;
}): ArtifactStore {
  const { db, masterKey } = options;
  const keyring = createTenantKeyring(db, masterKey);

  const isReadable = async (
    tenantId: string,
    address: string,
    { body, keyVersion }: StoredBody,
  ): Promise<boolean> => {
    const key = (await keyring.keysOf(tenantId, keyVersion)).encryption.get(keyVersion);
    return key !== undefined && isIntact(key, body, { tenantId, address });
  };

  /** Whether the address has a stored content that can be read; its row is renewed where that is due. */
  const isStored = async (tenantId: string, address: string): Promise<boolean> => {
    const stored = await storedBody(db, tenantId, address);
    if (!stored || !(await isReadable(tenantId, address, stored))) return false;
    return !stored.due || renewArtifact(db, tenantId, address);
  };

  return {
    async put(tenant, content) {
      const tenantId = tenant.toLowerCase();
      const keys = await keyring.keysOf(tenantId);
      const plain = bytesOf(content);
      const address = addressOf(keys, plain);
      if (!(await isStored(tenantId, address))) await insertArtifact(db, keys, { tenantId, address }, plain);
      return address;
    },
    async get(tenant, address) {
      const tenantId = tenant.toLowerCase();
      const row = await db
        .selectFrom('opsledger.artifacts')
        .select(['body', 'key_version'])
        .where('tenant_id', '=', tenantId)
        .where('address', '=', address)
        .executeTakeFirst();
      if (!row) return undefined;
      const keys = await keyring.keysOf(tenantId, row.key_version);
      const key = keys.encryption.get(row.key_version);
      if (!key) throw new BrokenSealError(`The key of artifact ${address} is gone.`);
      const plain = await unpackArtifact(key, row.body, { tenantId, address }, ARTIFACT_BYTES_MAX);
      // The cipher proves that the bytes are unchanged; this check proves that they belong to the address.
      if (addressOf(keys, plain) !== address)
        throw new BrokenSealError(`The artifact at ${address} belongs to another address.`);
      return plain;
    },
    async has(tenantId, address) {
      const row = await db
        .selectFrom('opsledger.artifacts')
        .select('size_bytes')
        .where('tenant_id', '=', tenantId)
        .where('address', '=', address)
        .executeTakeFirst();
      return row !== undefined;
    },
    async digest(tenantId, data) {
      return addressOf(await keyring.keysOf(tenantId), data);
    },
  };
}

function bytesOf(content: ArtifactContent): Uint8Array {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(canonicalJson(content));
  if (bytes.length <= ARTIFACT_BYTES_MAX) return bytes;
  throw new ArtifactTooLargeError(
    `An artifact of ${bytes.length} bytes is over the limit of ${ARTIFACT_BYTES_MAX}.`,
  );
}

function addressOf(keys: TenantKeys, data: Uint8Array | string): string {
  return createHmac('sha256', keys.addressing).update(data).digest('hex');
}
