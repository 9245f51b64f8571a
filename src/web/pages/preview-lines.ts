import type { RestoreAction } from '../../operations/restore-preview/restore-events.js';
import type { KeysetPage, PagePlace } from '../hub/keyset.js';
import { listPlans, listUnplanned, plansNeededBy, type RestorePlanRow } from '../hub/restore-preview.js';
import { LIMITS } from '../limits.js';
import { pathWithQuery } from '../query-of.js';
import { planLines, unplannedLines } from '../view/plan-lines.js';
import { ACTION_WORDS } from '../view/restore-words.js';
import { meaningOf } from '../view/run-words.js';
import type { PageRead } from './page.js';

/** The tab of policies that failed before they were planned. */
export const NOT_PLANNED = 'not_planned';
export type PreviewTab = RestoreAction | typeof NOT_PLANNED;

/** Actions whose policies differ from each other, so that they are shown in pages. */
const CHANGING: readonly RestoreAction[] = ['recreated', 'update'];
/** Actions that come before them and after them. Equal policies of these are one line, however many there are. */
const FIRST: readonly RestoreAction[] = ['blocked', 'ambiguous'];
const LAST: readonly RestoreAction[] = ['create', 'not_supported', 'leave'];

/** The lines of one page of a preview, and the links to policies that didn’t fit into a folded action. */
export async function previewLines(
  { db, addedCodes }: Pick<PageRead<unknown>, 'db' | 'addedCodes'>,
  runId: string,
  { action, place }: { readonly action: PreviewTab | undefined; readonly place: PagePlace },
) {
  const nothing: KeysetPage<RestorePlanRow> = { rows: [], hasMore: false, hasBefore: false };
  const notPlanned = async () =>
    unplannedLines(await listUnplanned(db, runId, LIMITS.plansFolded), (code) => meaningOf(code, addedCodes));
  if (action === NOT_PLANNED) return { page: nothing, lines: await notPlanned(), more: [] };
  if (action !== undefined) {
    const page = await listPlans(db, runId, { actions: [action], ...place, limit: LIMITS.itemsPerPage });
    const needed = await plansNeededBy(db, runId, page.rows);
    return { page, lines: planLines(page.rows, needed, { folded: false }), more: [] };
  }
  const page = await listPlans(db, runId, { actions: CHANGING, ...place, limit: LIMITS.plansPerPage });
  const whole = async (actions: readonly RestoreAction[]) =>
    Promise.all(
      actions.map(async (one) => ({
        action: one,
        ...(await listPlans(db, runId, { actions: [one], limit: LIMITS.plansFolded })),
      })),
    );
  const first = page.hasBefore ? [] : await whole(FIRST);
  const last = page.hasMore ? [] : await whole(LAST);
  const rowsOf = (lists: typeof first) => lists.flatMap(({ rows }) => rows);
  const plans = [...rowsOf(first), ...page.rows, ...rowsOf(last)];
  const needed = await plansNeededBy(db, runId, plans);
  return {
    page,
    lines: [...(page.hasBefore ? [] : await notPlanned()), ...planLines(plans, needed, { folded: true })],
    more: [...first, ...last]
      .filter(({ hasMore }) => hasMore)
      .map(({ action: one }) => ({
        label: ACTION_WORDS[one],
        href: pathWithQuery(`restores/${runId}`, { action: one }),
      })),
  };
}
