import { type Kysely, sql } from 'kysely';

/**
 * A tenant may have several sealed credentials for a while: the one of its connection and one that is being checked.
 * The tenant's stream says which is used; the empty id is that of credentials stored before.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table opsledger.graph_credentials
      add column credential_id text not null default '',
      drop constraint graph_credentials_pkey,
      add primary key (tenant_id, credential_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from opsledger.graph_credentials where credential_id <> ''`.execute(db);
  await sql`
    alter table opsledger.graph_credentials
      drop constraint graph_credentials_pkey,
      drop column credential_id,
      add primary key (tenant_id)`.execute(db);
}
