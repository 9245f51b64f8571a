import type { LedgerEvent } from '../../../src/events.js';
import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { runOf, tenantOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';

export type KnownIdRow = HubTables['known_ids'];

/**
 * The one look-up outside row level security (T4): which tenant an id belongs to, nothing else, kept when
 * retention takes the run. Only `tenant_of` reads it.
 */
export const knownIdsTable = defineTable<KnownIdRow>({
  name: 'known_ids',
  columns: { kind: 'text not null', id: 'text not null', tenant_id: 'uuid not null' },
  key: ['kind', 'id'],
  onConflict: 'keep',
  access: 'nobody',
});

/**
 * `tenant_of(kind, id)` tells 403 from 404 and runs as its owner, since the hub may not read the table. Its body
 * is bound to the table itself, so it stays right when the schema is renamed.
 */
export const tenantOfSql: readonly string[] = [
  `create function tenant_of(kind text, id text) returns uuid
   language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
   begin atomic
     select known.tenant_id from known_ids known where known.kind = tenant_of.kind and known.id = tenant_of.id;
   end`,
  'revoke execute on function tenant_of(text, text) from public',
  'grant execute on function tenant_of(text, text) to opsledger_hub',
];

export function foldKnownIds(event: LedgerEvent, rows: RowSet<KnownIdRow>): void {
  if (event.type === 'RunQueued') {
    const { tenant_id, run_id } = runOf(event);
    rows.put({ kind: 'run', id: run_id, tenant_id });
  }
  if (event.type === 'FindingsDetected')
    for (const { fingerprint } of event.data.findings)
      rows.put({ kind: 'finding', id: fingerprint, tenant_id: tenantOf(event) });
}
