import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { groupFacet, settingFacet } from '../../../projections/hub/policy-facets.js';
import type { HubDatabase } from '../web-dependencies.js';
import { containing } from './containing.js';
import type { HubRead } from './hub-read.js';
import { runSearch } from './run-search.js';

/** How many settings, or groups, one search may stand for. */
const FOUND_MAX = 50;
const GROUP_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The settings or groups that a search stands for. */
export interface FoundFacets {
  readonly facets: readonly string[];
  /** What they are called, for people. */
  readonly names: readonly string[];
  /** Whether there are more than are searched for. */
  readonly more: boolean;
}

/** The settings that have all words of a text in their name or path; the one with exactly this path comes alone. */
export async function settingsFor(db: HubRead, text: string): Promise<FoundFacets> {
  const { words } = await runSearch(db, text, 'setting_terms');
  const exact = settingFacet(text);
  const found = await db
    .selectFrom('policy_settings')
    .select(['facet', 'path', 'label'])
    .where((where) =>
      where.or([
        where('facet', '=', exact),
        words.length === 0
          ? where.val(false)
          : where.and(
              words.map((oneOf) =>
                where(
                  'facet',
                  'in',
                  where
                    .selectFrom('setting_terms')
                    .select('setting_terms.facet')
                    .where('term', 'in', oneOf.length > 0 ? [...oneOf] : ['']),
                ),
              ),
            ),
      ]),
    )
    .orderBy('facet')
    .limit(FOUND_MAX + 1)
    .execute();
  const alone = found.filter(({ facet }) => facet === exact);
  return cut((alone.length > 0 ? alone : found).map(({ facet, path, label }) => [facet, label ?? path]));
}

/** The groups of the tenant's cache with a text in their names, or the group with this id, which needs no cache. */
export async function groupsFor(db: HubRead, text: string): Promise<FoundFacets> {
  const wanted = text.toLowerCase();
  const isId = GROUP_ID.test(wanted);
  const found = await db
    .selectFrom('directory_objects')
    .select(['object_key', 'name'])
    .where('kind', '=', 'group')
    .where((where) =>
      isId ? where('object_key', '=', wanted) : where('sort_name', 'like', containing(wanted)),
    )
    .orderBy('sort_name')
    .orderBy('object_key')
    .limit(FOUND_MAX + 1)
    .execute();
  if (isId && found.length === 0) return cut([[groupFacet(wanted), wanted]]);
  return cut(found.map(({ object_key, name }) => [groupFacet(object_key), name ?? object_key]));
}

function cut(found: readonly (readonly [string, string])[]): FoundFacets {
  const some = found.slice(0, FOUND_MAX);
  return {
    facets: some.map(([facet]) => facet),
    names: some.map(([, name]) => name),
    more: found.length > FOUND_MAX,
  };
}

/** The condition that a policy has one of the facets. */
export function hasFacet(
  where: ExpressionBuilder<HubDatabase, 'policies'>,
  { facets }: FoundFacets,
): Expression<SqlBool> {
  return where.exists(
    where
      .selectFrom('policy_facets')
      .select('facet')
      .whereRef('policy_facets.tenant_id', '=', 'policies.tenant_id')
      .whereRef('policy_facets.policy_key', '=', 'policies.policy_key')
      .where('facet', 'in', facets.length > 0 ? [...facets] : ['']),
  );
}
