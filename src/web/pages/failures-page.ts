import { z } from 'zod';
import { HOUR_MS } from '../../../projections/hub/models/failure-hours.js';
import { groupBy } from '../../group-by.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import {
  countFailuresByHour,
  countNewFailures,
  type FailureCursor,
  type FailureEntry,
  type FailureGroup,
  type FailureRow,
  firstFailures,
  listFailureGroups,
  listFailures,
  newestFailures,
} from '../hub/failure-stream.js';
import { failureKey, type LaterOutcome, laterOutcomes } from '../hub/later-outcomes.js';
import { LAST_PERIODS } from '../hub/run-filters.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery } from '../query-of.js';
import { laterView } from '../view/later-view.js';
import { adviceOf, meaningOf } from '../view/run-words.js';
import { SPARKLINE_HOURS, sparkline } from '../view/sparkline.js';
import { definePage, type PageRead } from './page.js';

const text = (max: number) => optionalField(z.string().max(max));
const querySchema = z.object({
  reason: text(64),
  type: text(80),
  last: optionalField(z.enum(['24h', '7d'])),
  before: z
    .string()
    .regex(/^\d{1,16}\.[a-z0-9_]{1,64}$/)
    .optional(),
  newest: z.coerce.number().int().optional(),
});
type Query = z.infer<typeof querySchema>;

/** Monitoring → Failures: the sanitized failure stream, grouped, newest first (F3). */
export const failuresPage = definePage<Query>({
  path: '/failures',
  rail: { heading: 'Monitoring', label: 'Failures', icon: 'alert' },
  capability: 'failures.read',
  template: 'pages/failures',
  query: querySchema,
  async load(read) {
    const { db, query } = read;
    const page = await listFailures(db, filterOf(read), cursorOf(query.before));
    const last = page.entries.at(-1);
    return {
      title: 'Failures',
      view: {
        groups: await groupViews(read),
        entries: await entryViews(read, page.entries),
        filter: query,
        isGrouped: Boolean(query.reason || query.type),
        filtered: Boolean(query.reason || query.type || query.last),
        periods: ([undefined, '24h', '7d'] as const).map((period) => ({
          label: PERIOD_LABELS[period ?? 'all'],
          href: linkTo({ ...query, last: period }),
          current: query.last === period,
        })),
        ungrouped: linkTo({ last: query.last }),
        older: page.hasMore && last ? linkTo(query, `${last.first_position}.${last.reason_code}`) : null,
        newer: query.before ? linkTo(query) : null,
        newRuns: 0,
      },
      people: [],
      live: { newest: page.entries[0]?.first_position ?? 0 },
    };
  },
  live: {
    async load(read) {
      const { db, query } = read;
      const newRuns = query.before ? 0 : await countNewFailures(db, filterOf(read), query.newest ?? 0);
      return {
        fragments: [
          {
            target: 'failure-groups',
            template: 'partials/failure-groups',
            view: { groups: await groupViews(read) },
          },
          {
            target: 'new-rows',
            template: 'partials/new-rows',
            view: { newRuns, firstPage: linkTo(query), noun: 'failed run' },
          },
        ],
        people: [],
      };
    },
  },
});

const PERIOD_LABELS = { all: 'Ever', '24h': 'Last 24 hours', '7d': 'Last 7 days' } as const;

const groupKey = ({ reason_code, run_type }: Pick<FailureGroup, 'reason_code' | 'run_type'>): string =>
  `${reason_code} ${run_type}`;

/** The groups. First are those whose newest failures have no later success. */
async function groupViews(read: PageRead<Query>) {
  const { db, query, addedCodes, time } = read;
  const groups = await listFailureGroups(db, filterOf(read).since);
  const hour = Math.floor(time.now / HOUR_MS);
  const counted = groupBy(await countFailuresByHour(db, (hour - SPARKLINE_HOURS + 1) * HOUR_MS), groupKey);
  const newest = await newestFailures(db, groups);
  const later = await laterOutcomes(db, newest);
  const byGroup = groupBy(newest, groupKey);
  const views = groups.map((group) => {
    const hours = (counted.get(groupKey(group)) ?? []).map(({ hour, failures }) => [hour, failures] as const);
    return {
      group,
      meaning: meaningOf(group.reason_code, addedCodes),
      advice: adviceOf(group.reason_code, addedCodes),
      lately: sparkline(new Map(hours), hour),
      fixed: fixedBy(byGroup.get(groupKey(group)) ?? [], later),
      current: query.reason === group.reason_code && query.type === group.run_type,
      // The list is below the groups, which may fill the window, so the link leads to its anchor.
      href: `${linkTo({ last: query.last, reason: group.reason_code, type: group.run_type })}#list`,
    };
  });
  return [...views.filter(({ fixed }) => !fixed), ...views.filter(({ fixed }) => fixed)];
}

/** The run that fixed the last of these failures, or null while one of them has no later success. */
function fixedBy(
  failures: readonly FailureRow[],
  later: ReadonlyMap<string, LaterOutcome>,
): LaterOutcome | null {
  const outcomes = failures.map((failure) => later.get(failureKey(failure)));
  if (outcomes.length === 0 || !outcomes.every((outcome) => outcome?.succeeded)) return null;
  return outcomes.reduce<LaterOutcome | null>(
    (last, outcome) => (outcome && (!last || outcome.number > last.number) ? outcome : last),
    null,
  );
}

/** Entries with their first failures, each with its later outcome. */
async function entryViews({ db, access, addedCodes }: PageRead<Query>, entries: readonly FailureEntry[]) {
  const failures = await firstFailures(db, entries);
  const later = await laterOutcomes(db, failures);
  const entryKey = ({ run_id, reason_code }: Pick<FailureEntry, 'run_id' | 'reason_code'>) =>
    `${run_id} ${reason_code}`;
  const byEntry = groupBy(failures, entryKey);
  return entries.map((entry) => {
    const shown = byEntry.get(entryKey(entry)) ?? [];
    const reason = encodeURIComponent(entry.reason_code);
    const items = `/runs/${entry.run_id}/items?outcome=failed&reason=${reason}`;
    return {
      entry,
      bucketLabel: BUCKET_LABELS[entry.bucket],
      meaning: meaningOf(entry.reason_code, addedCodes),
      more: entry.failures - shown.length,
      allItems: items,
      failures: shown.map((failure) => ({
        failure,
        name: failure.item_id === null ? 'The run itself' : failure.label.trim() || failure.item_id,
        later: laterView(later.get(failureKey(failure)), access),
        href:
          failure.item_id === null
            ? `/runs/${entry.run_id}`
            : `${items}&past=${failure.ordinal - 1}#item-${failure.ordinal}`,
      })),
    };
  });
}

const filterOf = ({ query, time }: PageRead<Query>) => ({
  reason: query.reason,
  type: query.type,
  since: query.last && time.now - LAST_PERIODS[query.last],
});

function cursorOf(text: string | undefined): FailureCursor | undefined {
  if (!text) return undefined;
  const [position = '', reason = ''] = text.split('.');
  return { position: Number(position), reason };
}

function linkTo({ reason, type, last }: Pick<Query, 'reason' | 'type' | 'last'>, before?: string): string {
  return pathWithQuery('failures', { reason, type, last, before });
}
