import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { groupFacet, settingFacet } from '../../../projections/hub/policy-facets.js';
import type { HubDatabase } from '../web-dependencies.js';
import { containing } from './containing.js';
import type { HubRead } from './hub-read.js';
import { runSearch } from './run-search.js';

/** The most settings, or groups, that one search may match. */
const FOUND_MAX = 20;
/**
 * Up to this many policies with a facet, or settings with a word, are looked up by their keys. With more of them,
 * reading all policies in the order of the list fills a page sooner.
 */
const RARE_MAX = 400;
const GROUP_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The settings or groups that a search matches. */
export interface FoundFacets {
  readonly facets: readonly string[];
  /** Their names for people. */
  readonly names: readonly string[];
  /** Whether more than these match. */
  readonly more: boolean;
  /** The keys of the policies that have one of them; null where those are many. */
  readonly policyKeys: readonly string[] | null;
}

/**
 * The settings that have all words of a text in their name or path; a setting with exactly this path is the only
 * result.
 */
export async function settingsFor(db: HubRead, text: string): Promise<FoundFacets> {
  const settings = db.selectFrom('policy_settings').select(['facet', 'path', 'label']);
  const exact = await settings.where('facet', '=', settingFacet(text)).execute();
  const found = exact.length > 0 ? exact : await settingsWithWords(db, text);
  return cut(
    db,
    found.map(({ facet, path, label }) => [facet, label ?? path]),
  );
}

async function settingsWithWords(db: HubRead, text: string) {
  const { words } = await runSearch(db, text, 'setting_terms');
  if (words.length === 0) return [];
  let query = db
    .selectFrom('policy_settings')
    .select(['facet', 'path', 'label'])
    .orderBy('facet')
    .limit(FOUND_MAX + 1);
  for (const oneOf of words) {
    const few = await fewSettingsWith(db, oneOf);
    query = query.where((where) =>
      few
        ? where('facet', 'in', few.length > 0 ? [...few] : [''])
        : where.exists(
            where
              .selectFrom('setting_terms')
              .select('term')
              .whereRef('setting_terms.tenant_id', '=', 'policy_settings.tenant_id')
              .whereRef('setting_terms.facet', '=', 'policy_settings.facet')
              .where('term', 'in', [...oneOf]),
          ),
    );
  }
  return query.execute();
}

/** The settings that have one of the words; null where those are many. */
async function fewSettingsWith(db: HubRead, oneOf: readonly string[]): Promise<readonly string[] | null> {
  if (oneOf.length === 0) return [];
  const found = await db
    .selectFrom('setting_terms')
    .select('facet')
    .where('term', 'in', [...oneOf])
    .limit(RARE_MAX + 1)
    .execute();
  return found.length > RARE_MAX ? null : [...new Set(found.map(({ facet }) => facet))];
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
  if (isId && found.length === 0) return cut(db, [[groupFacet(wanted), wanted]]);
  return cut(
    db,
    found.map(({ object_key, name }) => [groupFacet(object_key), name ?? object_key]),
  );
}

async function cut(db: HubRead, found: readonly (readonly [string, string])[]): Promise<FoundFacets> {
  const some = found.slice(0, FOUND_MAX);
  const facets = some.map(([facet]) => facet);
  const names = some.map(([, name]) => name);
  return { facets, names, more: found.length > FOUND_MAX, policyKeys: await fewWith(db, facets) };
}

async function fewWith(db: HubRead, facets: readonly string[]): Promise<readonly string[] | null> {
  if (facets.length === 0) return [];
  const found = await db
    .selectFrom('policy_facets')
    .select('policy_key')
    .where('facet', 'in', [...facets])
    .limit(RARE_MAX + 1)
    .execute();
  if (found.length > RARE_MAX) return null;
  return [...new Set(found.map(({ policy_key }) => policy_key))];
}

/** The condition that a policy has one of the facets. */
export function hasFacet(
  where: ExpressionBuilder<HubDatabase, 'policies'>,
  { facets, policyKeys }: FoundFacets,
): Expression<SqlBool> {
  if (policyKeys) return where('policies.policy_key', 'in', policyKeys.length > 0 ? [...policyKeys] : ['']);
  return where.exists(
    where
      .selectFrom('policy_facets')
      .select('facet')
      .whereRef('policy_facets.tenant_id', '=', 'policies.tenant_id')
      .whereRef('policy_facets.policy_key', '=', 'policies.policy_key')
      .where('facet', 'in', [...facets]),
  );
}
