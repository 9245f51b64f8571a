import { z } from 'zod';
import { evidenceOf, FINDING_KIND_LABELS, findFinding, policyTypeLabel } from '../hub/finding-list.js';
import { findRun } from '../hub/run-detail.js';
import { reviewOffer } from '../start-offers.js';
import { definePage } from './tenant-page.js';

/** One finding with its evidence. */
export const findingPage = definePage<object>({
  path: '/drift/findings/:finding',
  nav: 'drift',
  capability: 'features.read',
  id: { param: 'finding', kind: 'finding' },
  template: 'pages/finding',
  query: z.object({}),
  async load({ db, params, access }) {
    const finding = await findFinding(db, params.finding ?? '');
    if (!finding) return undefined;
    const runs = await Promise.all(
      [finding.first_run_id, finding.last_run_id, finding.baseline_run_id, finding.current_run_id].map(
        (runId) => findRun(db, runId),
      ),
    );
    const [firstRun, lastRun, baseline, current] = runs;
    return {
      title: finding.name,
      view: {
        base: `/t/${access.tenant.slug}`,
        finding,
        kindLabel: FINDING_KIND_LABELS[finding.kind as keyof typeof FINDING_KIND_LABELS],
        typeLabel: policyTypeLabel(finding.policy_type),
        evidence: evidenceOf(finding),
        review: reviewOffer(access),
        firstRun,
        lastRun,
        baseline,
        current,
      },
      people: finding.status_by ? [finding.status_by] : [],
    };
  },
});
