import { type Kysely, sql } from 'kysely';

/**
 * The role that pages read through. Roles belong to the whole cluster, so it may be there already, made by
 * another database's migration at this very moment, or by an administrator as a login.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    begin
      if not exists (select from pg_roles where rolname = 'opsledger_hub') then
        create role opsledger_hub nologin;
      end if;
    exception when duplicate_object or unique_violation then
      null;
    end $$`.execute(db);
  // The program's own login takes the role on for the hub's connections, and inherits nothing from it.
  await sql`
    do $$
    begin
      if not pg_has_role(current_user, 'opsledger_hub', 'SET') then
        execute format('grant opsledger_hub to %I with inherit false, set true', current_user);
      end if;
    end $$`.execute(db);
  // Everybody may make temporary tables by default, and the hub is to write nothing at all.
  await sql`
    do $$
    begin
      execute format('revoke temporary on database %I from public', current_database());
    end $$`.execute(db);
}

/** Leaves the role itself: other databases of the cluster may use it, and it holds no right here any more. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    begin
      execute format('grant temporary on database %I to public', current_database());
    end $$`.execute(db);
}
