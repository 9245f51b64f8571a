import { z } from 'zod';
import { countNewFailures, failureGroups, listFailures } from '../hub/failure-stream.js';
import { adviceOf, meaningOf } from '../view/run-words.js';
import { definePage, type PageRead } from './page.js';

const text = (max: number) =>
  z.preprocess((value) => (value === '' ? undefined : value), z.string().max(max).optional());
const querySchema = z.object({
  reason: text(64),
  type: text(80),
  before: z
    .string()
    .regex(/^\d{1,16}\.\d{1,9}$/)
    .optional(),
  newest: z.coerce.number().int().optional(),
});
type Query = z.infer<typeof querySchema>;

/** Monitoring → Failures: the sanitized failure stream, grouped and newest first (F3). */
export const failuresPage = definePage<Query>({
  path: '/failures',
  rail: { heading: 'Monitoring', label: 'Failures', icon: 'alert' },
  capability: 'failures.read',
  template: 'pages/failures',
  query: querySchema,
  async load(read) {
    const { db, query } = read;
    const page = await listFailures(db, filterOf(query), cursorOf(query.before));
    const last = page.rows.at(-1);
    return {
      title: 'Failures',
      view: {
        groups: await groupViews(read),
        rows: page.rows.map((failure) => ({
          failure,
          meaning: meaningOf(failure.reason_code, read.addedCodes),
        })),
        filter: filterOf(query),
        older: page.hasMore && last ? linkTo(query, `${last.position}.${last.ordinal}`) : null,
        newer: query.before ? linkTo(query) : null,
        newRuns: 0,
      },
      people: [],
      live: { newest: page.rows[0]?.position ?? 0 },
    };
  },
  live: {
    async load(read) {
      const { db, query } = read;
      const newRuns = query.before ? 0 : await countNewFailures(db, filterOf(query), query.newest ?? 0);
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
            view: { newRuns, firstPage: linkTo(query), noun: 'failure' },
          },
        ],
        people: [],
      };
    },
  },
});

async function groupViews({ db, query, addedCodes }: PageRead<Query>) {
  return (await failureGroups(db)).map((group) => ({
    group,
    meaning: meaningOf(group.reason_code, addedCodes),
    advice: adviceOf(group.reason_code, addedCodes),
    current: query.reason === group.reason_code && query.type === group.run_type,
    // Groups may fill the window: the link leads to the list below them.
    href: `failures?${new URLSearchParams({ reason: group.reason_code, type: group.run_type })}#list`,
  }));
}

const filterOf = ({ reason, type }: Query) => ({ reason, type });

function cursorOf(text: string | undefined) {
  if (!text) return undefined;
  const [position, ordinal] = text.split('.').map(Number);
  return { position: position ?? 0, ordinal: ordinal ?? 0 };
}

function linkTo({ reason, type }: Query, before?: string): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries({ reason, type, before })) if (value) params.set(key, value);
  return params.size === 0 ? 'failures' : `failures?${params}`;
}
