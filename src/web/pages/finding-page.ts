import { z } from 'zod';
import {
  counterpartsOf,
  evidenceOf,
  FINDING_KIND_LABELS,
  findFinding,
  policyTypeLabel,
} from '../hub/finding-list.js';
import { findRun } from '../hub/run-detail.js';
import { reviewOffer } from '../start-offers.js';
import { changeSentences } from '../view/change-words.js';
import { definePage } from './page.js';
import { defineForm } from './page-form.js';

const FINDING_ID = { param: 'finding', kind: 'finding' } as const;

/** Acknowledges a finding or opens it again, with a note. */
const reviewForm = (act: 'acknowledge' | 'reopen') =>
  defineForm({
    path: `/drift/findings/:finding/${act}`,
    capability: 'findings.review',
    id: FINDING_ID,
    fields: z.object({ note: z.string().trim().max(500).default('') }),
    async submit({ form, actor, at, params, runtime }) {
      const fingerprint = params.finding ?? '';
      const { position } = await runtime.deps.ports.findings[act](actor, {
        ...at,
        fingerprint,
        note: form.note === '' ? null : form.note,
      });
      await runtime.caughtUp(at.tenantId, position);
      return `/drift/findings/${fingerprint}`;
    },
  });

/** One finding with its evidence. */
export const findingPage = definePage<object>({
  path: '/drift/findings/:finding',
  under: '/drift',
  capability: 'features.read',
  id: FINDING_ID,
  template: 'pages/finding',
  query: z.object({}),
  forms: [reviewForm('acknowledge'), reviewForm('reopen')],
  async load({ db, params, access }) {
    const finding = await findFinding(db, params.finding ?? '');
    if (!finding) return undefined;
    const runs = await Promise.all(
      [finding.first_run_id, finding.last_run_id, finding.baseline_run_id, finding.current_run_id].map(
        (runId) => findRun(db, runId),
      ),
    );
    const [firstRun, lastRun, baseline, current] = runs;
    const evidence = evidenceOf(finding);
    return {
      title: finding.name,
      view: {
        base: `/t/${access.tenant.slug}`,
        finding,
        kindLabel: FINDING_KIND_LABELS[finding.kind as keyof typeof FINDING_KIND_LABELS],
        typeLabel: policyTypeLabel(finding.policy_type),
        evidence: {
          ...evidence,
          settingsChanged: evidence.settingsChanged.map((change) => ({
            ...change,
            sentences: changeSentences(change),
          })),
        },
        counterparts: counterpartsOf(finding).map((other) => ({
          ...other,
          typeLabel: policyTypeLabel(other.policyType),
        })),
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
