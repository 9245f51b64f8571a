import { z } from 'zod';
import { ITEM_OUTCOMES, type ItemOutcome } from '../../runs/run-events.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import type { HubRead } from '../hub/hub-read.js';
import { type PagePlace, pageLinks } from '../hub/keyset.js';
import {
  type RestoreResults,
  type RunEffectRow,
  restoreResults,
  UNRECORDED_MAX,
  type UnrecordedPolicy,
  undoSetOf,
  unrecordedPolicies,
} from '../hub/restore-run.js';
import { findRun } from '../hub/run-detail.js';
import { listItems, type RunItemRow } from '../hub/run-items.js';
import { LIMITS } from '../limits.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery } from '../query-of.js';
import { graphStartOffer } from '../start-offers.js';
import { foldEqual } from '../view/fold-equal.js';
import { DRY_RUN_WORDS, EFFECT_SIGNS, EFFECT_WORDS, RESULT_WORDS } from '../view/restore-words.js';
import { meaningOf, unprocessed } from '../view/run-words.js';
import { definePage } from './page.js';
import { sourceOf } from './restore-preview-page.js';
import { peopleOf } from './run-rows.js';

const query = z.object({
  outcome: optionalField(z.enum(ITEM_OUTCOMES)),
  past: z.coerce.number().int().optional(),
  before: z.coerce.number().int().optional(),
  page: z.enum(['last']).optional(),
});

const contextSchema = z.object({ previewRunId: z.string(), dryRun: z.boolean() });

/** What one restore did, policy by policy: its requests with their outcomes, and the way back. */
export const restoreResultPage = definePage<z.infer<typeof query>>({
  path: '/restores/:run/result',
  under: '/restores',
  capability: 'features.read',
  id: { param: 'run', kind: 'run' },
  template: 'pages/restore-result',
  query,
  linkTargets: { restore: ({ target_id }) => `/restores/${target_id}/result` },
  async load(read) {
    const { db, params, access, query } = read;
    const run = await findRun(db, params.run ?? '');
    if (!run) return undefined;
    const context = contextSchema.safeParse(run.context).data;
    if (run.type !== 'restore.execute' || !context) return { movedTo: `/runs/${run.run_id}` };
    const preview = await findRun(db, context.previewRunId);
    const from = preview ? sourceOf(read, preview) : null;
    const { outcome, past, before } = query;
    const place = { past, before, end: query.page === 'last', limit: LIMITS.itemsPerPage };
    const { page, items } = await itemsOf(db, run.run_id, outcome, place);
    const results = await restoreResults(
      db,
      run.run_id,
      items.map(({ item_id }) => item_id),
    );
    const rows = items.map((item) => ({
      ...rowOf(item, results, { dryRun: context.dryRun, addedCodes: read.addedCodes }),
      // The key of a policy of another tenant is the address of no page here.
      policy: from ? null : `policies/${item.item_id}`,
      plan: `restores/${context.previewRunId}/${item.item_id}`,
    }));
    const address = `restores/${run.run_id}/result`;
    const isOver = run.finished_at !== null;
    const isPart = !isOver || unprocessed(run) > 0;
    const unrecorded = isPart ? await unrecordedPolicies(db, run.run_id, context.previewRunId) : [];
    const isCut = unrecorded.flatMap(({ effects }) => effects).length >= UNRECORDED_MAX;
    return {
      title: run.title,
      view: {
        base: `/t/${access.tenant.slug}`,
        run,
        from,
        ...context,
        state: { bucket: run.bucket, label: BUCKET_LABELS[run.bucket] },
        unrecorded: unrecorded.map((policy) => unrecordedView(policy, isOver)),
        notBegun: isOver && !isCut ? unprocessed(run) - unrecorded.length : 0,
        undoSetId: isOver ? await undoSetOf(db, run.run_id) : undefined,
        offer: await graphStartOffer(access, db),
        tabs: [undefined, ...ITEM_OUTCOMES].map((one) => ({
          label: one === undefined ? 'All' : OUTCOME_WORDS[one],
          count: run[one ?? 'processed'],
          href: pathWithQuery(address, { outcome: one }),
          current: one === outcome,
        })),
        lines: outcome === undefined ? foldEqual(rows, foldKey) : rows.map((row) => [row]),
        isCut: run.failed > LIMITS.plansFolded || run.skipped > LIMITS.plansFolded,
        pages: pageLinks(
          page,
          ({ ordinal }) => ordinal,
          (changes) => pathWithQuery(address, { outcome, ...changes }),
        ),
      },
      people: peopleOf([run]),
    };
  },
});

/**
 * The items of one page. Without a chosen outcome the failed ones come first, then pages of restored ones, and on the
 * last page those that were left.
 */
async function itemsOf(
  db: HubRead,
  runId: string,
  outcome: ItemOutcome['outcome'] | undefined,
  place: PagePlace & { readonly limit: number },
) {
  const page = await listItems(db, runId, { outcome: outcome ?? 'succeeded' }, place);
  if (outcome !== undefined) return { page, items: page.rows };
  const all = async (one: ItemOutcome['outcome']) =>
    (await listItems(db, runId, { outcome: one }, { limit: LIMITS.plansFolded })).rows;
  const first = page.hasBefore ? [] : await all('failed');
  const last = page.hasMore ? [] : await all('skipped');
  return { page, items: [...first, ...page.rows, ...last] };
}

/**
 * Policies of the same key share one line: those that were left, or failed before a request of theirs, for the same
 * reason. All others have a line each.
 */
const foldKey = ({ item, meaning, result, effects, before }: ReturnType<typeof rowOf>): string =>
  item.outcome !== 'succeeded' && effects.length === 0 && before === null
    ? JSON.stringify([item.outcome, item.reason_code, meaning, result])
    : `${item.outcome} ${item.ordinal}`;

const OUTCOME_WORDS = { succeeded: 'Restored', failed: 'Failed', skipped: 'Left' } as const;

function rowOf(
  item: RunItemRow,
  { restored, effects }: RestoreResults,
  { dryRun, addedCodes }: { readonly dryRun: boolean; readonly addedCodes: Parameters<typeof meaningOf>[1] },
) {
  const result = restored.get(item.item_id);
  return {
    item,
    typeLabel: policyTypeLabel(item.subject_type ?? ''),
    outcomeLabel: OUTCOME_WORDS[item.outcome],
    result: result && (dryRun ? DRY_RUN_WORDS : RESULT_WORDS)[result.action],
    otherLiveId: result && result.live_id !== item.subject_id ? result.live_id : null,
    before: result?.before_snapshot ? snapshotPath(result.before_snapshot) : null,
    meaning: item.reason ?? (item.reason_code && meaningOf(item.reason_code, addedCodes)),
    effects: (effects.get(item.item_id) ?? []).map((effect) => effectView(effect, true)),
  };
}

const unrecordedView = ({ itemId, plan, effects }: UnrecordedPolicy, isOver: boolean) => ({
  name: plan?.name ?? itemId,
  typeLabel: policyTypeLabel(plan?.policy_type ?? ''),
  effects: effects.map((effect) => effectView(effect, isOver)),
});

/** A request with its outcome. `isOver`: nothing more will be recorded of it. */
function effectView(effect: RunEffectRow, isOver: boolean) {
  const outcome = effect.outcome ?? (isOver ? 'never_recorded' : 'open');
  return { effect, words: EFFECT_WORDS[outcome] ?? outcome, sign: EFFECT_SIGNS[outcome] ?? 'skipped' };
}

function snapshotPath(snapshotId: string): string {
  const [policyKey = '', revision = ''] = snapshotId.split('-');
  return `policies/${encodeURIComponent(policyKey)}/snapshots/${encodeURIComponent(revision)}`;
}
