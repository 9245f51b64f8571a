import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { TENANT_ROLES } from '../../access/roles.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';
import { pageWithNext } from './keyset.js';

export type MemberRow = Selectable<HubTables['members']>;
export type GrantRow = Selectable<HubTables['grants']>;

/** Where a page of members begins, as the address has it: rank of the role, time, person id. */
export const memberPlace = z.string().regex(/^\d\.\d{1,15}\.[0-9a-f-]{36}$/);

/** The most powerful role first. */
const rank = sql<number>`array_position(${[...TENANT_ROLES]}::text[], role)`;

/** One page of a tenant's members, by role and then by the time when they got it. */
export async function listMembers(
  db: HubRead,
  after: string | undefined,
): Promise<{ readonly rows: readonly MemberRow[]; readonly next: string | null }> {
  let query = db
    .selectFrom('members')
    .selectAll()
    .select(rank.as('rank'))
    .orderBy(rank)
    .orderBy('since')
    .orderBy('person_id')
    .limit(LIMITS.membersPerPage + 1);
  const [afterRank, since, personId] = after?.split('.') ?? [];
  if (personId !== undefined)
    query = query.where(
      sql<boolean>`(${rank}, since, person_id) > (${Number(afterRank)}, ${Number(since)}, ${personId}::uuid)`,
    );
  return pageWithNext(
    await query.execute(),
    LIMITS.membersPerPage,
    (last) => `${last.rank}.${last.since}.${last.person_id}`,
  );
}

/** The number of the tenant's owners. */
export async function countOwners(db: HubRead): Promise<number> {
  const owners = db.selectFrom('members').select((select) => select.fn.countAll<number>().as('owners'));
  return (await owners.where('role', '=', 'owner').executeTakeFirstOrThrow()).owners;
}

/** Auditors and support staff with access to the tenant. */
export async function listGrants(db: HubRead): Promise<readonly GrantRow[]> {
  return db.selectFrom('grants').selectAll().orderBy('role').orderBy('since').execute();
}
