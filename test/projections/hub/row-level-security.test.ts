import { CompiledQuery, sql } from 'kysely';
import t from 'tap';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { withoutTenant, withTenant } from '../../../src/db/with-tenant.js';
import { generateLog } from '../../support/generated-log.js';
import { projectorBed } from '../projector-bed.js';
import { arrive, tablesIn } from '../read-models.js';

/**
 * Tables without a tenant: the position in the log is no secret of a tenant, and a person's settings apply to all of
 * their tenants.
 */
const OPEN_TABLES = ['checkpoint', 'projector_status', 'person_settings'];
/** Only the function `tenant_of` may read these tables (T4). */
const CLOSED_TABLES = ['known_ids'];

t.test(
  'the hub reads one tenant, or nothing, and writes nowhere, on every table of the catalog',
  async (t) => {
    const bed = await projectorBed(t);
    const { log } = await generateLog({ seed: 31, events: 1_600 });
    const projector = bed.start(log);
    await arrive(projector, log);
    const hub = bed.hub<HubTables>();
    const tables = await tablesIn(bed.plain, hubProjection.schema);
    const ours = hubProjection.tables.map(({ name }) => name);
    t.same(tables, ours.sort(), 'every table is written down in the projection');
    const tenants = await sql<{
      tenant_id: string;
    }>`select tenant_id from ${sql.id(hubProjection.schema, 'tenants')}`.execute(bed.plain);
    const tenantId = tenants.rows[0]?.tenant_id ?? '';
    const counted = (table: string) =>
      sql<{ n: number }>`select count(*)::int as n from ${sql.id(hubProjection.schema, table)}`;

    for (const table of tables) {
      const [all] = (await counted(table).execute(bed.plain)).rows;
      t.ok(all && all.n > 0, `${table} has rows`);
      if (CLOSED_TABLES.includes(table)) {
        await t.rejects(
          withTenant(hub, tenantId, (db) => counted(table).execute(db)),
          /permission denied/,
          table,
        );
        continue;
      }
      const nobody = await withoutTenant(hub, (db) => counted(table).execute(db));
      const one = await withTenant(hub, tenantId, (db) => counted(table).execute(db));
      if (OPEN_TABLES.includes(table)) {
        t.ok(nobody.rows[0]?.n, `${table} is open`);
        continue;
      }
      t.equal(nobody.rows[0]?.n, 0, `${table} is empty without a tenant`);
      const own = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.id(hubProjection.schema, table)} where tenant_id = ${tenantId}`.execute(
        bed.plain,
      );
      t.equal(one.rows[0]?.n, own.rows[0]?.n, `${table} shows the tenant's own rows`);
    }
    for (const table of tables)
      for (const statement of [`delete from`, `truncate`])
        await t.rejects(
          withTenant(hub, tenantId, (db) =>
            sql.raw(`${statement} "${hubProjection.schema}"."${table}"`).execute(db),
          ),
          /permission denied|read-only/,
          `${statement} ${table}`,
        );
  },
);

t.test('tenant_of returns the tenant of an id, and nothing else', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 32, events: 800 });
  const projector = bed.start(log);
  await arrive(projector, log);
  const hub = bed.hub<HubTables>();
  const { rows } = await bed.plain.executeQuery<{ kind: string; id: string; tenant_id: string }>(
    CompiledQuery.raw(`select * from "${hubProjection.schema}".known_ids order by kind, id`),
  );
  t.same([...new Set(rows.map(({ kind }) => kind))], ['backup_set', 'finding', 'policy', 'run', 'schedule']);
  const asked = async (kind: string, id: string) => {
    const answer = await withoutTenant(hub, (db) =>
      sql<{
        tenant: string | null;
      }>`select ${sql.id(hubProjection.schema, 'tenant_of')}(${kind}, ${id}) as tenant`.execute(db),
    );
    return answer.rows[0]?.tenant;
  };
  for (const row of [rows[0], rows.at(-1)])
    t.equal(await asked(row?.kind ?? '', row?.id ?? ''), row?.tenant_id);
  t.equal(await asked('run', 'no-such-id'), null);
});
