import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { HubDatabase } from '../web-dependencies.js';
import type { RunSearch } from './run-search.js';

/** The condition that a policy has one word of each entry of a search. */
export function hasWords(
  where: ExpressionBuilder<HubDatabase, 'policies'>,
  words: RunSearch['words'],
): Expression<SqlBool> {
  return where.and(
    words.map((oneOf) =>
      where.exists(
        where
          .selectFrom('policy_terms')
          .select('term')
          .whereRef('policy_terms.tenant_id', '=', 'policies.tenant_id')
          .whereRef('policy_terms.policy_key', '=', 'policies.policy_key')
          .where('term', 'in', oneOf.length > 0 ? [...oneOf] : ['']),
      ),
    ),
  );
}
