import { z } from 'zod';
import { cacheAgeOf } from '../hub/directory-list.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { findVersion } from '../hub/policy-detail.js';
import { findPolicy } from '../hub/policy-list.js';
import { evidenceView } from '../view/evidence-view.js';
import { shownDifference } from '../view/shown-policy.js';
import { definePage } from './page.js';
import { contentsOf, type VersionContents } from './policy-content.js';

const version = z.coerce.number().int().min(1).optional();
/** The two versions; the newest and the one before it by default. */
const compareQuery = z.object({ old: version, new: version });

/** Two versions of a policy compared, with the words and masks of drift (K2). */
export const policyComparePage = definePage<z.infer<typeof compareQuery>>({
  path: '/policies/:policy/compare',
  under: '/policies',
  capability: 'features.read',
  id: { param: 'policy', kind: 'policy' },
  template: 'pages/policy-compare',
  query: compareQuery,
  async load(read) {
    const { db, params, query, access } = read;
    const policy = await findPolicy(db, params.policy ?? '');
    if (!policy) return undefined;
    const newVersion = query.new ?? policy.version;
    const oldVersion = query.old ?? Math.max(1, newVersion - 1);
    const [before, after] = await Promise.all(
      [oldVersion, newVersion].map((number) => findVersion(db, policy.policy_key, number)),
    );
    if (!before || !after) return undefined;
    const contents = await contentsOf(read, policy.policy_type, [before, after]);
    const evidence = 'lost' in contents ? undefined : differenceOf(contents);
    return {
      title: `${policy.name}: versions ${oldVersion} and ${newVersion}`,
      view: {
        base: `/t/${access.tenant.slug}`,
        page: `/t/${access.tenant.slug}/policies/${policy.policy_key}`,
        policy,
        typeLabel: policyTypeLabel(policy.policy_type),
        before,
        after,
        evidence: evidence && evidenceView(evidence),
        lost: 'lost' in contents ? contents.lost.join(' ') : '',
        cacheAge: await cacheAgeOf(db),
      },
      people: [],
      still: true,
    };
  },
});

function differenceOf({ type, policies, names }: VersionContents) {
  const [before, after] = policies;
  return before && after && shownDifference(type, [before, after], names);
}
