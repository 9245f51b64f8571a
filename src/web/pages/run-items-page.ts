import { z } from 'zod';
import { policyKeyOf } from '../../entities/policy/policy.js';
import { ITEM_OUTCOMES } from '../../runs/run-events.js';
import type { HubRead } from '../hub/hub-read.js';
import { pageLinks } from '../hub/keyset.js';
import { failureKey, laterOutcomes } from '../hub/later-outcomes.js';
import { knownPolicies } from '../hub/policy-list.js';
import { itemReasons } from '../hub/run-detail.js';
import { listItems, pageOfItems, type RunItemRow } from '../hub/run-items.js';
import { LIMITS } from '../limits.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery } from '../query-of.js';
import type { TenantAccess } from '../request-identity.js';
import { laterView } from '../view/later-view.js';
import { meaningOf } from '../view/run-words.js';
import { momentSchema } from './moment.js';
import { newRows, runPage } from './run-page.js';
import { peopleOf } from './run-rows.js';

const position = z.coerce.number().int().optional();
const itemsQuery = z.object({
  outcome: optionalField(z.enum(ITEM_OUTCOMES)),
  reason: optionalField(z.string().max(64)),
  q: optionalField(z.string().max(200)),
  past: position,
  before: position,
  page: z.enum(['last']).optional(),
  at: momentSchema,
  /** For a live stream: the ordinals of the run's last item and of the last item on the page. */
  seen: position,
  last: position,
});

/** The items of a run in the order in which they were recorded. */
export const runItemsPage = runPage<z.infer<typeof itemsQuery>>({
  path: '/runs/:run/items',
  template: 'pages/run-items',
  query: itemsQuery,
  momentOf: ({ at }) => at,
  async load({ db, query, addedCodes, access }, { run_id, type }, header, then) {
    const filter = filterOf(query);
    const { run } = header;
    const place = {
      past: query.past,
      before: query.before,
      end: query.page === 'last',
      limit: LIMITS.itemsPerPage,
    };
    const page = then
      ? await pageOfItems(then.items, filter, place)
      : await listItems(db, run_id, filter, place);
    const { rows } = page;
    const last = rows.at(-1)?.ordinal;
    const failed = rows.filter(({ outcome }) => outcome === 'failed');
    const later = await laterOutcomes(
      db,
      failed.map((item) => ({ ...item, run_type: type })),
    );
    const policyOf = await policyLinks(db, access, rows);
    const link = (changes: object) => pathWithQuery('items', { ...filter, at: then?.revision, ...changes });
    return {
      title: `Items of ${run.title}`,
      view: {
        header,
        tab: 'items',
        rows: rows.map((item) => ({
          item,
          label: item.label.trim(),
          shownName: item.label.trim() || item.item_id,
          /** Null where the item's id begins with it. */
          subjectType:
            item.subject_type && !item.item_id.startsWith(item.subject_type) ? item.subject_type : null,
          /** Null where the item's id contains it. */
          subjectId: item.subject_id && !item.item_id.includes(item.subject_id) ? item.subject_id : null,
          meaning: item.reason_code && !item.reason ? meaningOf(item.reason_code, addedCodes) : '',
          later: laterView(later.get(failureKey(item)), access),
          policyHref: policyOf(item),
        })),
        filter,
        narrowed: filter.outcome !== undefined || filter.reason !== undefined || filter.q !== undefined,
        outcomes: ([undefined, 'failed', 'succeeded', 'skipped'] as const).map((outcome) => ({
          label: outcome ? OUTCOME_LABELS[outcome] : 'All',
          count: outcome ? run[outcome] : run.processed,
          href: link({ outcome, reason: undefined }),
          current: filter.outcome === outcome,
        })),
        reasons: then?.reasons ?? (await itemReasons(db, run_id)),
        withoutReason: link({ reason: undefined }),
        everything: link({ outcome: undefined, reason: undefined, q: undefined }),
        pages: pageLinks(page, ({ ordinal }) => ordinal, link),
        newRuns: 0,
      },
      people: peopleOf([run]),
      // New items appear after the shown ones while the page has room, and otherwise on the next page.
      live: { seen: run.processed, ...(page.hasMore && last !== undefined ? { last } : {}) },
    };
  },
  async fragments({ db, query }, run) {
    const { seen, last, past, before } = query;
    const filter = filterOf(query);
    const came = await listItems(db, run.run_id, filter, {
      past: seen ?? run.processed,
      limit: LIMITS.newRowsCounted,
    });
    const page = pathWithQuery(
      'items',
      last === undefined ? { ...filter, past, before } : { ...filter, past: last },
    );
    return {
      fragments: [newRows(came.rows.length + (came.hasMore ? 1 : 0), page, 'item')],
      people: [],
    };
  },
});

/** The address of the policy that an item is about; null where the hub knows no such policy or doesn't show it. */
async function policyLinks(db: HubRead, { tenant, allows }: TenantAccess, items: readonly RunItemRow[]) {
  const keyOf = ({ subject_type: type, subject_id: id }: RunItemRow) =>
    type === null || id === null ? null : policyKeyOf(tenant.tenantId, type, id);
  const keys = allows('features.read') ? items.flatMap((item) => keyOf(item) ?? []) : [];
  const known = await knownPolicies(db, keys);
  return (item: RunItemRow): string | null => {
    const key = keyOf(item);
    return key !== null && known.has(key) ? `/t/${tenant.slug}/policies/${key}` : null;
  };
}

const filterOf = ({ outcome, reason, q }: z.infer<typeof itemsQuery>) => ({ outcome, reason, q });

const OUTCOME_LABELS = { failed: 'Failed only', succeeded: 'Succeeded', skipped: 'Skipped' } as const;
