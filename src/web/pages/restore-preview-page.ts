import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { RESTORE_ACTIONS } from '../../operations/restore-preview/restore-events.js';
import { isUsable } from '../../runs/status-bucket.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { pageLinks } from '../hub/keyset.js';
import {
  findPlan,
  findPreview,
  listPlans,
  planPartsOf,
  type RestorePlanRow,
  type RestorePreviewRow,
} from '../hub/restore-preview.js';
import { findRun } from '../hub/run-detail.js';
import { NO_FILTERS } from '../hub/run-filters.js';
import { listRuns } from '../hub/run-list.js';
import type { RunRow } from '../hub/run-order.js';
import { NO_SEARCH } from '../hub/run-search.js';
import { LIMITS } from '../limits.js';
import { graphStartOffer } from '../start-offers.js';
import { evidenceView } from '../view/evidence-view.js';
import { leadChange } from '../view/lead-change.js';
import {
  ACTION_MEANINGS,
  ACTION_SIGNS,
  ACTION_WORDS,
  fateWords,
  writingTimeWords,
} from '../view/restore-words.js';
import { definePage, type MovedTo } from './page.js';
import { defineForm, startRun } from './page-form.js';
import { nextLink } from './run-page.js';
import { peopleOf, rowViews } from './run-rows.js';

const RUN_ID = { param: 'run', kind: 'run' } as const;

/** Starts a preview of a whole backup set, or of the chosen policies of it. */
const previewForm = defineForm({
  path: '/restores/preview',
  capability: 'runs.start',
  fields: z.object({
    setId: z.guid(),
    mode: z.enum(['update', 'copy', 'missing']).default('update'),
    /** Sent by a ticked box only. */
    includeAssignments: z.literal('yes').optional(),
    includeScopeTags: z.literal('yes').optional(),
    policy: z.union([z.string(), z.array(z.string())]).optional(),
  }),
  async submit(sent) {
    const { setId, mode, includeAssignments, includeScopeTags, policy } = sent.form;
    return startRun(sent, 'restore.preview', {
      ...{ setId, mode, policies: policy === undefined ? null : [policy].flat() },
      includeAssignments: includeAssignments === 'yes',
      includeScopeTags: includeScopeTags === 'yes',
    });
  },
});

/** Starts a dry run of a previewed restore, which writes nothing. */
const dryRunForm = defineForm({
  path: '/restores/:run/dry-run',
  capability: 'runs.start',
  id: RUN_ID,
  fields: z.object({}),
  submit: (sent) => startRun(sent, 'restore.execute', { previewRunId: sent.params.run, dryRun: true }),
});

/** Starts a live restore; the person types the tenant's name (K7). */
const liveForm = defineForm({
  path: '/restores/:run/live',
  capability: 'restores.start_live',
  id: RUN_ID,
  fields: z.object({ tenantName: z.string().trim().max(200) }),
  submit: (sent) =>
    startRun(sent, 'restore.execute', {
      previewRunId: sent.params.run,
      dryRun: false,
      tenantName: sent.form.tenantName,
    }),
});

/** Backup → Restores: previews of restores, newest first. */
export const restoresPage = definePage<{ before?: string | undefined }>({
  path: '/restores',
  rail: { heading: 'Backup', label: 'Restores', icon: 'box' },
  capability: 'features.read',
  template: 'pages/restores',
  query: z.object({ before: z.string().max(40).optional() }),
  forms: [previewForm],
  async load(read) {
    const { db, access, query, time } = read;
    const filters = { ...NO_FILTERS, type: ['restore.preview', 'restore.execute'] };
    const request = { limit: LIMITS.runsPerPage, ...(query.before && { before: query.before }) };
    const { rows, older } = await listRuns(db, { filters, search: NO_SEARCH, time }, request);
    return {
      title: 'Restores',
      view: {
        base: `/t/${access.tenant.slug}`,
        offer: await graphStartOffer(access, db),
        rows: await rowViews(read, rows),
        older: older === null ? null : nextLink('restores', { before: older }),
      },
      people: peopleOf(rows),
    };
  },
});

const previewQuery = z.object({
  action: z.preprocess((value) => value || undefined, z.enum(RESTORE_ACTIONS).optional()),
  past: z.coerce.number().int().optional(),
  before: z.coerce.number().int().optional(),
  page: z.enum(['last']).optional(),
});

/** What one restore would do, policy by policy: what needs attention first. */
export const restorePreviewPage = definePage<z.infer<typeof previewQuery>>({
  path: '/restores/:run',
  under: '/restores',
  capability: 'features.read',
  id: RUN_ID,
  template: 'pages/restore-preview',
  query: previewQuery,
  forms: [dryRunForm, liveForm],
  linkTargets: { restore_preview: ({ target_id }) => `/restores/${target_id}` },
  async load(read) {
    const { db, params, access, query } = read;
    const run = await findRun(db, params.run ?? '');
    if (!run) return undefined;
    if (!isPreview(run)) return toRun(run);
    const preview = await findPreview(db, run.run_id);
    const { action, past, before } = query;
    const page = await listPlans(db, run.run_id, {
      ...{ action, past, before, end: query.page === 'last', limit: LIMITS.itemsPerPage },
    });
    const address = `restores/${run.run_id}`;
    const link = (changes: object) => nextLink(address, { action, ...changes });
    return {
      title: run.title,
      view: {
        base: `/t/${access.tenant.slug}`,
        run,
        summary: summaryOf(preview),
        tenantName: access.tenant.name,
        canBeCarriedOut: isUsable(run.bucket),
        offer: await graphStartOffer(access, db),
        deniedLive: deniedReason(access.roles, 'restores.start_live'),
        tabs: tabsOf(preview, action, (one) => nextLink(address, { action: one })),
        rows: page.rows.map((plan) => rowOf(plan, `${address}/${plan.policy_key}`)),
        pages: pageLinks(page, ({ place }) => place, link),
      },
      people: peopleOf([run]),
    };
  },
});

/** What a restore would do with one policy, with the whole difference. */
export const restorePlanPage = definePage<object>({
  path: '/restores/:run/:policy',
  under: '/restores',
  capability: 'features.read',
  id: RUN_ID,
  template: 'pages/restore-plan',
  query: z.object({}),
  async load({ db, params, access }) {
    const run = await findRun(db, params.run ?? '');
    if (!run) return undefined;
    if (!isPreview(run)) return toRun(run);
    const plan = await findPlan(db, run.run_id, params.policy ?? '');
    if (!plan) return undefined;
    const { limits, refers_to, evidence } = planPartsOf(plan);
    return {
      title: plan.name,
      view: {
        base: `/t/${access.tenant.slug}`,
        run,
        plan,
        ...wordsOf(plan),
        time: writingTimeWords(plan.writes),
        limits,
        references: refers_to.map((reference) => ({
          ...reference,
          words: fateWords(reference.fate, reference.becomes),
        })),
        evidence: evidence && evidenceView(evidence),
      },
      people: [],
    };
  },
});

const isPreview = ({ type }: RunRow): boolean => type === 'restore.preview';

/** A run of another type has a page of its own. */
const toRun = ({ run_id, type }: RunRow): MovedTo => ({
  movedTo: type === 'restore.execute' ? `/restores/${run_id}/result` : `/runs/${run_id}`,
});

const wordsOf = ({ action, policy_type }: RestorePlanRow) => ({
  sign: { kind: ACTION_SIGNS[action], label: ACTION_WORDS[action] },
  meaning: ACTION_MEANINGS[action],
  typeLabel: policyTypeLabel(policy_type),
});

function rowOf(plan: RestorePlanRow, href: string) {
  const { limits, refers_to, evidence } = planPartsOf(plan);
  const missing = refers_to.filter(({ fate }) => fate === 'missing').length;
  return {
    plan,
    href,
    ...wordsOf(plan),
    change: (evidence && leadChange(evidence)) ?? null,
    blocking: limits.find(({ blocks }) => blocks)?.reason ?? null,
    notes: limits.filter(({ blocks }) => !blocks).length,
    missing,
  };
}

const summaryOf = (preview: RestorePreviewRow | undefined) =>
  preview && { planned: preview.planned, time: writingTimeWords(preview.writes) };

/** The actions that the preview has, each with its number and address. */
function tabsOf(
  preview: RestorePreviewRow | undefined,
  current: string | undefined,
  link: (action: string | undefined) => string,
) {
  const counted = RESTORE_ACTIONS.filter((action) => (preview?.actions[action] ?? 0) > 0);
  return [
    { label: 'All', count: preview?.planned ?? 0, href: link(undefined), current: current === undefined },
    ...counted.map((action) => ({
      label: ACTION_WORDS[action],
      count: preview?.actions[action] ?? 0,
      href: link(action),
      current: current === action,
    })),
  ];
}
