import type { Kysely } from 'kysely';
import { batchesOf } from '../batches-of.js';
import { intervalAgo, RENEW_AFTER_MS } from './artifact-rows.js';
import type { PrimaryTables } from './primary-tables.js';

const PAGE_ROWS = 500;
const UNUSED_FOR_MS_DEFAULT = 24 * 3_600_000;
const UNUSED_FOR_MS_MIN = 2 * RENEW_AFTER_MS;

/** Notes that an event names these addresses of a tenant; addresses without an artifact are ignored. */
export async function markNamed(
  db: Kysely<PrimaryTables>,
  tenantId: string,
  addresses: readonly string[],
): Promise<void> {
  for (const page of batchesOf(addresses, PAGE_ROWS))
    await db
      .updateTable('opsledger.artifacts')
      .set({ named: true })
      .where('tenant_id', '=', tenantId)
      .where('address', 'in', page)
      .where('named', '=', false)
      .execute();
}

/**
 * Removes artifacts that no event names, such as those of a run that crashed before its append, when they were last
 * stored more than `unusedForMs` ago (a day by default, at least 2 h). All events of the log must have been read
 * first. Resolves to the number of removed artifacts. An artifact that is stored again meanwhile is kept. When
 * the signal aborts, it ends after the present page, and the next call removes the rest.
 */
export async function collectUnnamed(
  db: Kysely<PrimaryTables>,
  {
    unusedForMs = UNUSED_FOR_MS_DEFAULT,
    signal,
  }: { readonly unusedForMs?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  if (unusedForMs < UNUSED_FOR_MS_MIN)
    throw new RangeError(`unusedForMs must be at least ${UNUSED_FOR_MS_MIN}.`);
  let removed = 0;
  let ofPage = 0;
  do {
    const result = await db
      .deleteFrom('opsledger.artifacts')
      .where('named', '=', false)
      .where('last_put_at', '<', intervalAgo(unusedForMs))
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('tenant_id', 'address'),
          'in',
          selectFrom('opsledger.artifacts')
            .select(['tenant_id', 'address'])
            .where('named', '=', false)
            .where('last_put_at', '<', intervalAgo(unusedForMs))
            .limit(PAGE_ROWS)
            .$asTuple('tenant_id', 'address'),
        ),
      )
      .executeTakeFirst();
    ofPage = Number(result.numDeletedRows);
    removed += ofPage;
  } while (ofPage > 0 && !signal?.aborted);
  return removed;
}
