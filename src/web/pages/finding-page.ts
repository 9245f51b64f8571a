import { z } from 'zod';
import { acknowledgeFinding, NOTE_LENGTH_MAX, reopenFinding } from '../../entities/finding/finding.js';
import {
  counterpartsOf,
  evidenceOf,
  FINDING_KIND_LABELS,
  findFinding,
  nextNewFinding,
  policyTypeLabel,
} from '../hub/finding-list.js';
import { readHub } from '../hub/hub-read.js';
import { findRun } from '../hub/run-detail.js';
import { commandOffer } from '../start-offers.js';
import { evidenceView, hasChanges } from '../view/evidence-view.js';
import { definePage } from './page.js';
import { change, defineForm } from './page-form.js';

/** The finding that was acknowledged just before, when its form led to this page. */
const querySchema = z.object({ acknowledged: z.string().max(64).optional() });

const FINDING_ID = { param: 'finding', kind: 'finding' } as const;

/** Acknowledges a finding or reopens it, with a note. After an acknowledgement the next new finding is shown. */
const reviewForm = (act: 'acknowledge' | 'reopen', command: typeof acknowledgeFinding) =>
  defineForm({
    path: `/drift/findings/:finding/${act}`,
    capability: command.capability,
    id: FINDING_ID,
    fields: z.object({ note: z.string().trim().max(NOTE_LENGTH_MAX).default('') }),
    async submit(sent) {
      const fingerprint = sent.params.finding ?? '';
      const page = `/drift/findings/${fingerprint}`;
      const next =
        act === 'acknowledge'
          ? await readHub(sent.runtime.deps, sent.at.tenantId, (db) => nextNewFinding(db, fingerprint))
          : undefined;
      await change(sent, command, { fingerprint, note: sent.form.note || null }, page);
      return next ? `/drift/findings/${next.fingerprint}?acknowledged=${fingerprint}` : page;
    },
  });

/** One finding with its evidence. */
export const findingPage = definePage<z.infer<typeof querySchema>>({
  path: '/drift/findings/:finding',
  under: '/drift',
  capability: 'features.read',
  id: FINDING_ID,
  template: 'pages/finding',
  query: querySchema,
  forms: [reviewForm('acknowledge', acknowledgeFinding), reviewForm('reopen', reopenFinding)],
  async load({ db, params, access, query }) {
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
        evidence: evidenceView(evidence),
        nothingShown: hasChanges(evidence) ? null : wordsWithoutChanges(finding.kind),
        counterparts: counterpartsOf(finding).map((other) => ({
          ...other,
          typeLabel: policyTypeLabel(other.policyType),
        })),
        review: commandOffer(access, acknowledgeFinding),
        acknowledged: query.acknowledged ? await findFinding(db, query.acknowledged) : undefined,
        next: await nextNewFinding(db, finding.fingerprint),
        firstRun,
        lastRun,
        baseline,
        current,
      },
      people: finding.status_by ? [finding.status_by] : [],
    };
  },
});

/** What the page of a finding says where there are no settings and assignments to show. */
function wordsWithoutChanges(kind: string): string {
  if (kind === 'added') return 'The policy is new; there is nothing to compare it with.';
  return kind === 'removed' ? 'The policy is gone.' : 'No setting is shown for this finding.';
}
