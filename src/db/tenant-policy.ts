/**
 * The statements that open a schema of read models to the hub's role: it may look up names there and nothing
 * else. Run by the schema's owner.
 */
export function hubSchemaSql(schema: string): string[] {
  return [`grant usage on schema ${identifier(schema)} to opsledger_hub`];
}

/**
 * The statements that put a table with a `tenant_id uuid` behind the wall: the hub's role may read it,
 * and sees the rows of the tenant set on its transaction, none when none is set. The owner, whose
 * statements these are, keeps writing for every tenant, superuser or not.
 */
export function tenantPolicySql(schema: string, table: string): string[] {
  const name = `${identifier(schema)}.${identifier(table)}`;
  return [
    `alter table ${name} enable row level security`,
    // Forced, so that a view or function of the owner's is no way around a policy by its ownership alone.
    `alter table ${name} force row level security`,
    `create policy tenant_wall on ${name} for select to opsledger_hub
       using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)`,
    `create policy owner_passes on ${name} to current_user using (true) with check (true)`,
    `grant select on ${name} to opsledger_hub`,
  ];
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
