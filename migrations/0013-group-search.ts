import { type Kysely, sql } from 'kysely';

/**
 * The person's own token for Microsoft Graph, sealed in their session until it expires, and the id of their account in
 * Entra, by which members of a group are recognized as people who have signed in here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table opsledger.sessions
      add column sealed_graph_token bytea,
      add column graph_token_ends_at timestamptz`.execute(db);
  await sql`alter table opsledger.persons add column object_id uuid`.execute(db);
  await sql`
    create index persons_object on opsledger.persons (issuer, object_id) where object_id is not null`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table opsledger.sessions drop column sealed_graph_token, drop column graph_token_ends_at`.execute(
    db,
  );
  await sql`alter table opsledger.persons drop column object_id`.execute(db);
}
