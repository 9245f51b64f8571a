/**
 * The statements that grant the hub's role USAGE on a schema of read models and no other right. The schema's owner
 * runs them.
 */
export function hubSchemaSql(schema: string): string[] {
  return [`grant usage on schema ${identifier(schema)} to opsledger_hub`];
}

/**
 * The statements that enable row level security for a table with a `tenant_id uuid`: the hub's role may read it
 * and sees only the rows of the tenant that its transaction has set, or no rows when none is set. The owner, who
 * runs these statements, can still write for every tenant, whether superuser or not.
 */
export function tenantPolicySql(schema: string, table: string): string[] {
  const name = `${identifier(schema)}.${identifier(table)}`;
  return [
    `alter table ${name} enable row level security`,
    // Forced, so that a view or function of the owner doesn't bypass the policy.
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
