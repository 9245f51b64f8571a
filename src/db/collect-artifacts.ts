import type { Kysely } from 'kysely';
import { ago, renewAfterMs } from './artifact-rows.js';
import type { PrimaryTables } from './primary-tables.js';

export interface CollectOptions {
  readonly db: Kysely<PrimaryTables>;
  readonly tenantId: string;
  /** Of these addresses, those that an event names. Asked about at most 500 at a time. */
  readonly referenced: (addresses: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Only what nobody stored for this long; a day by default, 2 h at least. */
  readonly unusedForMs?: number;
}

const pageRows = 500;
const unusedForMsDefault = 24 * 3_600_000;
const unusedForMsMin = 2 * renewAfterMs;

/**
 * Removes a tenant's artifacts that no event names, such as those of a run that died before its append.
 * Resolves to their number. One that is stored again meanwhile stays.
 */
export async function collectUnreferenced(options: CollectOptions): Promise<number> {
  const { db, tenantId, referenced, unusedForMs = unusedForMsDefault } = options;
  if (unusedForMs < unusedForMsMin) throw new RangeError(`unusedForMs must be at least ${unusedForMsMin}.`);
  let removed = 0;
  for (let after = ''; ; ) {
    const page = await db
      .selectFrom('opsledger.artifacts')
      .select('address')
      .where('tenant_id', '=', tenantId)
      .where('address', '>', after)
      .where('last_put_at', '<', ago(unusedForMs))
      .orderBy('address')
      .limit(pageRows)
      .execute();
    const addresses = page.map((row) => row.address);
    const last = addresses.at(-1);
    if (last === undefined) return removed;
    const kept = await referenced(addresses);
    const unnamed = addresses.filter((address) => !kept.has(address));
    if (unnamed.length > 0) {
      const result = await db
        .deleteFrom('opsledger.artifacts')
        .where('tenant_id', '=', tenantId)
        .where('address', 'in', unnamed)
        .where('last_put_at', '<', ago(unusedForMs))
        .executeTakeFirst();
      removed += Number(result.numDeletedRows);
    }
    after = last;
  }
}
