import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { type OutdatedBy, outdatedBy } from '../../operations/restore-preview/outdated-preview.js';
import { RESTORE_ACTIONS, type RestoreAction } from '../../operations/restore-preview/restore-events.js';
import { previewContextSchema, tenantPairOf } from '../../operations/restore-preview/restore-options.js';
import { isUsable } from '../../runs/status-bucket.js';
import { directoryOf } from '../../tenancy/connected-directory.js';
import { type ConnectionRow, currentConnection } from '../hub/connection.js';
import { cacheAgeOf } from '../hub/directory-list.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { pageLinks } from '../hub/keyset.js';
import { revisionOfMap } from '../hub/mapping.js';
import {
  countUnplanned,
  findPlan,
  findPreview,
  isWarning,
  planPartsOf,
  plansInForceAtOnce,
  plansNeededBy,
  type RestorePlanRow,
  type RestorePreviewRow,
  writesOfTypes,
} from '../hub/restore-preview.js';
import { lastLiveRestore } from '../hub/restore-run.js';
import { findRun } from '../hub/run-detail.js';
import { NO_FILTERS } from '../hub/run-filters.js';
import { listRuns } from '../hub/run-list.js';
import type { RunRow } from '../hub/run-order.js';
import { NO_SEARCH } from '../hub/run-search.js';
import { LIMITS } from '../limits.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery } from '../query-of.js';
import { graphStartOffer, withheld } from '../start-offers.js';
import { evidenceView } from '../view/evidence-view.js';
import { isAssignedAfter } from '../view/plan-lines.js';
import {
  ACTION_MEANINGS,
  ACTION_SIGNS,
  ACTION_WORDS,
  OUTDATED_WORDS,
  resolutionWords,
  writingTimeWords,
} from '../view/restore-words.js';
import { type OtherTenantSource, otherTenantSource, withSource } from './other-tenant-source.js';
import { definePage, type MovedTo, type PageRead } from './page.js';
import { defineForm, startRunOfForm } from './page-form.js';
import { NOT_PLANNED, type PreviewTab, previewLines } from './preview-lines.js';
import { peopleOf, rowViews } from './run-rows.js';

const RUN_ID = { param: 'run', kind: 'run' } as const;

/** Starts a preview of a whole backup set, or of the chosen policies of it. */
const previewForm = defineForm({
  path: '/restores/preview',
  capability: 'runs.start',
  fields: z.object({
    setId: z.guid(),
    /** The tenant that the set belongs to, when that is another one. */
    sourceTenantId: optionalField(z.guid()),
    mode: z.enum(['update', 'copy', 'missing']).default('update'),
    /** Sent by a ticked box only. */
    includeAssignments: z.literal('yes').optional(),
    includeScopeTags: z.literal('yes').optional(),
    policy: z.union([z.string(), z.array(z.string())]).optional(),
  }),
  async submit(sent) {
    const { setId, sourceTenantId = null, mode, includeAssignments, includeScopeTags, policy } = sent.form;
    return startRunOfForm(sent, 'restore.preview', {
      setId,
      sourceTenantId,
      mode,
      policies: policy === undefined ? null : [policy].flat(),
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
  submit: (sent) => startRunOfForm(sent, 'restore.execute', { previewRunId: sent.params.run, dryRun: true }),
});

/** Starts a live restore; the person types the tenant's name (K7). */
const liveForm = defineForm({
  path: '/restores/:run/live',
  capability: 'restores.start_live',
  id: RUN_ID,
  fields: z.object({ tenantName: z.string().trim().max(200) }),
  submit: (sent) =>
    startRunOfForm(sent, 'restore.execute', {
      previewRunId: sent.params.run,
      dryRun: false,
      tenantName: sent.form.tenantName,
    }),
});

/** Backup → Restores: previews of restores, newest first. */
export const restoresPage = definePage<{ before?: string | undefined }>({
  path: '/restores',
  rail: { heading: 'Backup', label: 'Restores', icon: 'restore' },
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
        older: older === null ? null : pathWithQuery('restores', { before: older }),
      },
      people: peopleOf(rows),
    };
  },
});

const previewQuery = z.object({
  action: optionalField(z.enum([...RESTORE_ACTIONS, NOT_PLANNED])),
  past: z.coerce.number().int().optional(),
  before: z.coerce.number().int().optional(),
  page: z.enum(['last']).optional(),
});

/** What one restore would do, policy by policy: what needs attention first, equal ones folded. */
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
    const from = sourceOf(read, run);
    const notPlanned = await countUnplanned(db, run.run_id);
    const outdated = await outdatedNow(read, run, preview);
    const offer = withSource(await graphStartOffer(access, db), from);
    const { action, past, before } = query;
    const place = { past, before, end: query.page === 'last' };
    const address = `restores/${run.run_id}`;
    const { page, ...lines } = await previewLines(read, run.run_id, { action, place });
    return {
      title: run.title,
      view: {
        base: `/t/${access.tenant.slug}`,
        run,
        from,
        summary: {
          policies: (preview?.planned ?? 0) + notPlanned,
          notPlanned,
          time: writingTimeWords(await writesOfTypes(db, run.run_id)),
        },
        earlier: await lastLiveRestore(db),
        cacheAge: await cacheAgeOf(db, run.created_at),
        inForceAtOnce: await plansInForceAtOnce(db, run.run_id),
        tenantName: access.tenant.name,
        canBeCarriedOut: isUsable(run.bucket),
        again: outdated && offer,
        offer: outdated && outdated !== 'age' ? withheld(OUTDATED_WORDS[outdated]) : offer,
        deniedLive:
          deniedReason(access.roles, 'restores.start_live') ??
          from?.denied ??
          (outdated && OUTDATED_WORDS[outdated]),
        tabs: tabsOf({ preview, notPlanned }, action, (one) => pathWithQuery(address, { action: one })),
        ...lines,
        address,
        pages: pageLinks(
          page,
          (plan) => plan.place,
          (changes) => pathWithQuery(address, { action, ...changes }),
        ),
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
  async load(read) {
    const { db, params, access } = read;
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
        from: sourceOf(read, run),
        cacheAge: await cacheAgeOf(db, run.created_at),
        plan,
        ...wordsOf(plan),
        otherLiveId: plan.live_id === plan.policy_id ? null : plan.live_id,
        time: writingTimeWords([plan]),
        warnings: limits.filter(isWarning),
        limits: limits.filter((limit) => !isWarning(limit)),
        address: `restores/${run.run_id}`,
        isAssignedAfter: isAssignedAfter(plan),
        after: [...(await plansNeededBy(db, run.run_id, [plan])).values()],
        references: refers_to.map((reference) => ({
          ...reference,
          words: resolutionWords(reference.resolution, reference.becomes),
        })),
        evidence: evidence && evidenceView(evidence),
      },
      people: [],
    };
  },
});

/** The other tenant whose set a preview is of; null for a set of this tenant. */
export function sourceOf(read: PageRead<unknown>, { context }: RunRow): OtherTenantSource | null {
  const options = previewContextSchema.safeParse(context).data;
  return options ? otherTenantSource(read, options) : null;
}

/** Why a preview can't be carried out any more, as the read models know it. The start decides again from the log. */
async function outdatedNow(
  { db, access, time }: PageRead<unknown>,
  { context, finished_at }: RunRow,
  preview: RestorePreviewRow | undefined,
): Promise<OutdatedBy | null> {
  const options = previewContextSchema.safeParse(context).data;
  if (!options || !preview || finished_at === null) return null;
  const { sourceTenantId } = tenantPairOf(options, access.tenant.tenantId);
  const connection = await currentConnection(db);
  return outdatedBy(
    { mappingRevision: options.mappingRevision, directory: preview.directory, endedAt: finished_at },
    {
      now: time.now,
      mappingRevision: await revisionOfMap(db, sourceTenantId),
      directory: connection ? connectedTo(connection) : null,
    },
  );
}

const connectedTo = ({ base_url: baseUrl, directory_id: directoryId }: ConnectionRow) =>
  directoryOf({ baseUrl, signIn: directoryId === null ? null : { directoryId } });

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

/** The actions that the preview has, each with its number and address. */
function tabsOf(
  { preview, notPlanned }: { readonly preview: RestorePreviewRow | undefined; readonly notPlanned: number },
  current: PreviewTab | undefined,
  link: (tab: PreviewTab | undefined) => string,
) {
  const tab = (one: PreviewTab | undefined, label: string, number: number) => ({
    label,
    count: number,
    href: link(one),
    current: current === one,
  });
  return [
    tab(undefined, 'All', (preview?.planned ?? 0) + notPlanned),
    ...(notPlanned > 0 ? [tab(NOT_PLANNED, 'Not planned', notPlanned)] : []),
    ...(Object.keys(ACTION_WORDS) as RestoreAction[])
      .map((action) => tab(action, ACTION_WORDS[action], preview?.actions[action] ?? 0))
      .filter(({ count }) => count > 0),
  ];
}
