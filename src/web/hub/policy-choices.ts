import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { LIMITS } from '../limits.js';
import { listField, optionalField } from '../optional-field.js';
import { newestComparisons } from './comparison-list.js';
import type { HubRead } from './hub-read.js';
import { pageWithNext } from './keyset.js';
import { policyPlaceOf, readPolicyPlace } from './policy-place.js';
import { hasWords } from './policy-words.js';
import { runSearch } from './run-search.js';

export type PolicyChoiceRow = Pick<
  Selectable<HubTables['policies']>,
  'policy_key' | 'policy_type' | 'policy_id' | 'name' | 'name_order'
>;

/** The key of a policy in an address or a form. */
export const policyKeyField = z.string().regex(/^[0-9a-f]{32}$/);

/** Which policies a form offers: by name, type or findings, or those with some keys. */
export const policyChoiceFilters = z.object({
  q: optionalField(z.string().trim().max(200)),
  type: optionalField(z.string().max(100)),
  /** Only policies that the newest comparisons have new findings about. */
  findings: optionalField(z.literal('yes')),
  /** Only the policies with these keys. */
  policy: listField(policyKeyField, LIMITS.choicesPerPage),
});
export type PolicyChoiceFilters = z.infer<typeof policyChoiceFilters>;

/** Policies that match, by name; `past` is the place after which they begin. */
export async function listPolicyChoices(
  db: HubRead,
  { q, type, findings, policy }: PolicyChoiceFilters,
  { past, limit }: { readonly past?: string | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly PolicyChoiceRow[]; readonly next: string | null }> {
  let query = db
    .selectFrom('policies')
    .select(['policy_key', 'policy_type', 'policy_id', 'name', 'name_order'])
    .orderBy('name_order')
    .orderBy('policy_key')
    .limit(limit + 1);
  if (q) {
    const { words } = await runSearch(db, q, 'policy_terms');
    query = query.where((where) => hasWords(where, words));
  }
  if (type) query = query.where('policy_type', '=', type);
  if (policy.length > 0) query = query.where('policy_key', 'in', policy);
  if (findings) {
    const runs = (await newestComparisons(db)).map(({ run_id }) => run_id);
    query = query.where((where) =>
      where.exists(
        where
          .selectFrom('findings')
          .innerJoin('finding_detections as detection', (join) =>
            join
              .onRef('detection.tenant_id', '=', 'findings.tenant_id')
              .onRef('detection.fingerprint', '=', 'findings.fingerprint'),
          )
          .select('findings.fingerprint')
          .whereRef('findings.tenant_id', '=', 'policies.tenant_id')
          .whereRef('findings.policy_type', '=', 'policies.policy_type')
          .whereRef('findings.subject_id', '=', 'policies.policy_id')
          .where('findings.kind', '!=', 'removed')
          .where('detection.run_id', 'in', runs.length > 0 ? runs : ['']),
      ),
    );
  }
  if (past) {
    const { key, order } = readPolicyPlace(past);
    query = query.where((where) =>
      where(where.refTuple('name_order', 'policy_key'), '>', where.tuple(order, key)),
    );
  }
  return pageWithNext(await query.execute(), limit, ({ policy_key, name_order }) =>
    policyPlaceOf(policy_key, name_order),
  );
}

/** The policies with these keys. */
export const policiesWithKeys = (db: HubRead, keys: readonly string[]): Promise<PolicyChoiceRow[]> =>
  db
    .selectFrom('policies')
    .select(['policy_key', 'policy_type', 'policy_id', 'name', 'name_order'])
    .where('policy_key', 'in', keys.length > 0 ? [...keys] : [''])
    .execute();
