import { hkdfSync, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { MasterKey } from './master-key.js';
import type { PrimaryTables } from './primary-tables.js';
import { open, seal } from './sealed-bytes.js';

/** Keys of a tenant that were wrapped under another master key than the configured one. */
export class WrongMasterKeyError extends Error {
  override readonly name = 'WrongMasterKeyError';
  constructor(wrappedUnder: string, configured: string) {
    super(
      `The artifacts in this database were encrypted under the master key with id ${wrappedUnder}, and the one with ` +
        `id ${configured} is configured: set OPSLEDGER_MASTER_KEY to the former, or rotate from it (opsledger keys rotate).`,
    );
  }
}

/** One tenant's unwrapped keys. */
export interface TenantKeys {
  /** For addresses and fingerprints. It never changes, because equal contents must keep equal addresses. */
  readonly addressing: Buffer;
  /** The version that new bodies are encrypted under. */
  readonly version: number;
  /** Every version's encryption key. */
  readonly encryption: ReadonlyMap<number, Buffer>;
}

export interface TenantKeyring {
  /** The tenant's keys, made on first use. When the cached keys lack `withVersion`, they are read again. */
  keysOf(tenantId: string, withVersion?: number): Promise<TenantKeys>;
  /** Starts a new version for what is encrypted from now on; older bodies stay readable. */
  rotate(tenantId: string): Promise<void>;
}

const KEY_BYTES = 32;
const TENANTS_CACHED_MAX = 10_000;

/** Tenants' keys in `opsledger.tenant_keys`, unwrapped with the master key and kept in memory. */
export function createTenantKeyring(db: Kysely<PrimaryTables>, masterKey: MasterKey): TenantKeyring {
  const cache = new Map<string, Promise<TenantKeys>>();

  const loadInto = (tenantId: string): Promise<TenantKeys> => {
    const loading = loadKeys(db, masterKey, tenantId);
    cache.delete(tenantId);
    cache.set(tenantId, loading);
    if (cache.size > TENANTS_CACHED_MAX) cache.delete(cache.keys().next().value as string);
    loading.catch(() => {
      if (cache.get(tenantId) === loading) cache.delete(tenantId);
    });
    return loading;
  };

  return {
    async keysOf(tenant, withVersion) {
      const tenantId = tenant.toLowerCase();
      const known = await (cache.get(tenantId) ?? loadInto(tenantId));
      return withVersion === undefined || known.encryption.has(withVersion) ? known : loadInto(tenantId);
    },
    async rotate(tenant) {
      const tenantId = tenant.toLowerCase();
      const { version } = await loadInto(tenantId);
      await addKey(db, masterKey, tenantId, version + 1);
      await loadInto(tenantId);
    },
  };
}

async function loadKeys(
  db: Kysely<PrimaryTables>,
  masterKey: MasterKey,
  tenantId: string,
): Promise<TenantKeys> {
  let rows = await keyRows(db, tenantId);
  if (rows.length === 0) {
    await addKey(db, masterKey, tenantId, 1);
    rows = await keyRows(db, tenantId);
  }
  const encryption = new Map<number, Buffer>();
  let addressing: Buffer | undefined;
  for (const { version, wrapped_key, master_key_id } of rows) {
    if (master_key_id !== masterKey.id) throw new WrongMasterKeyError(master_key_id, masterKey.id);
    const key = open(masterKey.wrappingKey, wrapped_key, placeOf(tenantId, version));
    addressing ??= derived(key, 'opsledger/artifact-address');
    encryption.set(version, derived(key, 'opsledger/artifact-encryption'));
  }
  if (!addressing) throw new Error(`The keys of tenant ${tenantId} were removed while they were read.`);
  return { addressing, encryption, version: Math.max(...encryption.keys()) };
}

const keyRows = (db: Kysely<PrimaryTables>, tenantId: string) =>
  db
    .selectFrom('opsledger.tenant_keys')
    .select(['version', 'wrapped_key', 'master_key_id'])
    .where('tenant_id', '=', tenantId)
    .orderBy('version')
    .execute();

/** Adds a version unless another process has added it. */
async function addKey(
  db: Kysely<PrimaryTables>,
  masterKey: MasterKey,
  tenantId: string,
  version: number,
): Promise<void> {
  const wrapped = seal(masterKey.wrappingKey, randomBytes(KEY_BYTES), placeOf(tenantId, version));
  await db
    .insertInto('opsledger.tenant_keys')
    .values({ tenant_id: tenantId, version, wrapped_key: wrapped, master_key_id: masterKey.id })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'version']).doNothing())
    .execute();
}

const REWRAP_PAGE = 500;

/**
 * Wraps under `to` every tenant key that is wrapped under `from`, all or none; resolves to their number. Artifacts
 * and credentials don't change. Processes that use `from` must be restarted with `to`.
 */
export function rewrapTenantKeys(db: Kysely<PrimaryTables>, from: MasterKey, to: MasterKey): Promise<number> {
  return db.transaction().execute(async (tx) => {
    for (let rewrapped = 0; ; ) {
      const rows = await tx
        .selectFrom('opsledger.tenant_keys')
        .select(['tenant_id', 'version', 'wrapped_key'])
        .where('master_key_id', '=', from.id)
        .limit(REWRAP_PAGE)
        .forUpdate()
        .execute();
      if (rows.length === 0 || from.id === to.id) return rewrapped;
      for (const { tenant_id, version, wrapped_key } of rows) {
        const place = placeOf(tenant_id, version);
        const wrapped = seal(to.wrappingKey, open(from.wrappingKey, wrapped_key, place), place);
        await tx
          .updateTable('opsledger.tenant_keys')
          .set({ wrapped_key: wrapped, master_key_id: to.id })
          .where('tenant_id', '=', tenant_id)
          .where('version', '=', version)
          .execute();
      }
      rewrapped += rows.length;
    }
  });
}

/**
 * Throws WrongMasterKeyError when a tenant's key is wrapped under another master key, so that the mistake is found at
 * start.
 */
export async function assertMasterKey(db: Kysely<PrimaryTables>, masterKey: MasterKey): Promise<void> {
  const other = await db
    .selectFrom('opsledger.tenant_keys')
    .select('master_key_id')
    .where('master_key_id', '!=', masterKey.id)
    .limit(1)
    .executeTakeFirst();
  if (other) throw new WrongMasterKeyError(other.master_key_id, masterKey.id);
}

const placeOf = (tenantId: string, version: number): string => `tenant key ${tenantId} ${version}`;

const derived = (key: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', purpose, KEY_BYTES));
