import { z } from 'zod';
import { acknowledgeFinding, NOTE_LENGTH_MAX, reopenFinding } from '../../entities/finding/finding.js';
import { policyKeyOf } from '../../entities/policy/policy.js';
import { cacheAgeOf } from '../hub/directory-list.js';
import {
  FINDING_KIND_LABELS,
  type FindingRow,
  findFinding,
  nextNewFinding,
  policyTypeLabel,
  recordedEvidence,
} from '../hub/finding-list.js';
import { readHub } from '../hub/hub-read.js';
import { knownPolicies } from '../hub/policy-list.js';
import { findRun } from '../hub/run-detail.js';
import { commandOffer, graphStartOffer, type StartOffer } from '../start-offers.js';
import { type Act, actsView, backUpAct, exportAct } from '../view/acts.js';
import { evidenceView } from '../view/evidence-view.js';
import { findingSentences } from '../view/finding-view.js';
import { whoIs } from '../view/who.js';
import { definePage, type PageRead } from './page.js';
import { change, defineForm } from './page-form.js';
import { optionalText } from './text-fields.js';

/** The finding that was acknowledged just before, when its form led to this page. */
const querySchema = z.object({ acknowledged: z.string().max(64).optional() });

const FINDING_ID = { param: 'finding', kind: 'finding' } as const;

/** Acknowledges a finding or reopens it, with a note. After an acknowledgement the next new finding is shown. */
const reviewForm = (act: 'acknowledge' | 'reopen', command: typeof acknowledgeFinding) =>
  defineForm({
    path: `/drift/findings/:finding/${act}`,
    capability: command.capability,
    id: FINDING_ID,
    fields: z.object({
      note: optionalText(NOTE_LENGTH_MAX),
    }),
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
  async load({ db, params, access, query, runtime }) {
    const finding = await findFinding(db, params.finding ?? '');
    if (!finding) return undefined;
    const runs = await Promise.all(
      [finding.first_run_id, finding.last_run_id, finding.baseline_run_id, finding.current_run_id].map(
        (runId) => findRun(db, runId),
      ),
    );
    const [firstRun, lastRun, baseline, current] = runs;
    const graphOffer = await graphStartOffer(access, db);
    const policyKey = policyKeyOf(access.tenant.tenantId, finding.policy_type, finding.subject_id);
    return {
      title: finding.name,
      view: {
        ...findingSentences(finding),
        base: `/t/${access.tenant.slug}`,
        finding,
        policyKey,
        policyIsKnown: (await knownPolicies(db, [policyKey])).has(policyKey),
        kindLabel: FINDING_KIND_LABELS[finding.kind as keyof typeof FINDING_KIND_LABELS],
        typeLabel: policyTypeLabel(finding.policy_type),
        evidence: evidenceView(recordedEvidence(finding)),
        review: await reviewOf({ access, runtime }, finding),
        // A policy that is gone can't be read.
        acts: finding.kind === 'removed' ? null : actsView(keepingActs(finding, policyKey, graphOffer)),
        acknowledged: query.acknowledged ? await findFinding(db, query.acknowledged) : undefined,
        next: await nextNewFinding(db, finding.fingerprint),
        first: { at: finding.first_detected_at, run: firstRun },
        last: finding.detections > 1 ? { at: finding.last_detected_at, run: lastRun } : null,
        compared: baseline && current ? { baseline, current } : null,
        cacheAge: await cacheAgeOf(db, finding.last_detected_at),
      },
      people: [],
    };
  },
  live: {
    async load({ db, params, access, runtime }) {
      const finding = await findFinding(db, params.finding ?? '');
      if (!finding || finding.continued_as) return { fragments: [], people: [] };
      const view = { finding, review: await reviewOf({ access, runtime }, finding) };
      return {
        fragments: [{ target: 'finding-state', template: 'partials/finding-state', view }],
        people: [],
      };
    },
  },
});

const keepingActs = (
  { policy_type: policyType, subject_id: policyId }: FindingRow,
  policyKey: string,
  offer: StartOffer,
): readonly Act[] => [
  backUpAct('Back this up', { policy: policyKey }, offer),
  exportAct('Export', { policyType, policyId }, offer),
];

/** The state of a finding's review, and the form that changes it. */
async function reviewOf(
  { access, runtime }: Pick<PageRead<unknown>, 'access' | 'runtime'>,
  finding: FindingRow,
) {
  const { status, status_by: by, status_at: at } = finding;
  return {
    by: by === null ? null : whoIs('member', by, await runtime.names([by])),
    at: by === null ? null : at,
    ...(status === 'new' ? { act: 'acknowledge', label: 'Acknowledge' } : { act: 'reopen', label: 'Reopen' }),
    offer: commandOffer(access, acknowledgeFinding),
  };
}
