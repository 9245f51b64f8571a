import { text, uuid } from '../../engine/columns.js';
import { type AnyModel, categoriesOf, defineModel, everyEventOf } from '../../engine/model.js';
import { defineTable, type TableDefinition } from '../../engine/table.js';
import { tenantOf } from '../event-facts.js';

/**
 * Which tenant an id belongs to: the only look-up outside row level security (T4). Only `tenant_of` reads it. A row
 * stays when retention removes the run.
 */
export const knownIdsTable = defineTable({
  name: 'known_ids',
  columns: {
    kind: text(),
    id: text(),
    tenant_id: uuid(),
  },
  key: ['kind', 'id'],
  onConflict: 'keep',
  access: 'nobody',
});

/**
 * Creates `tenant_of(kind, id)`, by which pages distinguish 403 from 404. It runs with its owner's rights, since the hub may not
 * read the table. Its body refers to the table itself, so it still works after the schema is renamed.
 */
const tenantOfSql: readonly string[] = [
  `create function tenant_of(kind text, id text) returns uuid
   language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
   begin atomic
     select known.tenant_id from known_ids known where known.kind = tenant_of.kind and known.id = tenant_of.id;
   end`,
  'revoke execute on function tenant_of(text, text) from public',
  'grant execute on function tenant_of(text, text) to opsledger_hub',
];

/** Keeps the ids of all rows that have pages of their own. */
export function knownIdsOf(models: readonly AnyModel[]) {
  const addressed = models.flatMap(({ table, addressed }) => (addressed ? [{ table, ...addressed }] : []));
  return defineModel({
    table: knownIdsTable,
    wants: everyEventOf(...categoriesOf(models.filter((model) => model.addressed))),
    statements: tenantOfSql,
    fold(event, rows, rowsOf) {
      for (const { table, kind, column } of addressed)
        for (const row of rowsOf(table as TableDefinition<Record<string, unknown>>).added())
          rows.put({ kind, id: String(row[column]), tenant_id: tenantOf(event) });
    },
  });
}
