import { z } from 'zod';
import { runIdSchema } from '../../runs/run-events.js';
import { comparableRuns } from '../hub/comparable-runs.js';
import { pageLinks } from '../hub/keyset.js';
import { CHANGE_KINDS, type ChangeKind, changeCounts, kindAt, listChanges } from '../hub/run-comparison.js';
import { findRun } from '../hub/run-detail.js';
import type { RunRow } from '../hub/run-order.js';
import { LIMITS } from '../limits.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery } from '../query-of.js';
import { forbidden } from '../route-access.js';
import { duration } from '../view/format.js';
import { meaningOf } from '../view/run-words.js';
import { WebError } from '../web-error.js';
import { definePage, type PageRead } from './page.js';
import { givenOf } from './run-given.js';
import { peopleOf, rowViews } from './run-rows.js';

const position = z.coerce.number().int().optional();
const compareQuery = z.object({
  a: optionalField(runIdSchema),
  b: optionalField(runIdSchema),
  kind: optionalField(z.enum(CHANGE_KINDS)),
  past: position,
  before: position,
  page: z.enum(['last']).optional(),
});
type Query = z.infer<typeof compareQuery>;

const KIND_LABELS: Readonly<Record<ChangeKind, string>> = {
  newly_failing: 'Newly failing',
  other_reason: 'Other reason',
  still_failing: 'Still failing',
  fixed: 'Fixed',
  other_outcome: 'Other outcome',
  missing: 'Only in the first',
  new: 'Only in the second',
  same: 'The same',
};

/** Two runs compared item by item, newly failing items first (B6). */
export const comparePage = definePage<Query>({
  path: '/compare',
  under: '/operations',
  capability: 'hub.read',
  template: 'pages/compare',
  query: compareQuery,
  async load(read) {
    const { query } = read;
    const a = query.a === undefined ? undefined : await comparedRun(read, query.a);
    const b = query.b === undefined ? undefined : await comparedRun(read, query.b);
    const one = a ?? b;
    if (!a || !b)
      return one ? choose(read, one) : { title: 'Compare', view: { step: 'nothing' }, people: [] };
    return compare(read, a, b);
  },
});

/** Errors: WebError `forbidden` for a run of another tenant, `not_found` for a run that doesn't exist. */
async function comparedRun({ db, runtime }: PageRead<Query>, runId: string): Promise<RunRow> {
  const run = await findRun(db, runId);
  if (run) return run;
  if ((await runtime.deps.ports.access.tenantOf('run', runId)) !== undefined) throw forbidden();
  throw new WebError('not_found', 'There is no such run to compare.');
}

async function choose(read: PageRead<Query>, one: RunRow) {
  const others = await comparableRuns(read.db, one);
  return {
    title: 'Compare',
    view: {
      step: 'second',
      one,
      rows: (await rowViews(read, others)).map((row) => ({ ...row, href: inOrder(one, row.run) })),
    },
    people: peopleOf([one, ...others]),
  };
}

/** The address that compares two runs, the earlier one first. */
function inOrder(one: RunRow, other: RunRow): string {
  const [a, b] = one.queued_position < other.queued_position ? [one, other] : [other, one];
  return pathWithQuery('compare', { a: a.run_id, b: b.run_id });
}

async function compare(read: PageRead<Query>, a: RunRow, b: RunRow) {
  const { db, query, addedCodes } = read;
  const { kind, past, before } = query;
  const pair = { a: a.run_id, b: b.run_id };
  const page = await listChanges(db, pair, kind, {
    past,
    before,
    end: query.page === 'last',
    limit: LIMITS.itemsPerPage,
  });
  const counts = await changeCounts(db, pair);
  const link = (changes: object) => pathWithQuery('compare', { ...pair, kind, ...changes });
  const differing = CHANGE_KINDS.filter((one) => one !== 'same');
  const meaning = (code: string | null) => (code === null ? '' : meaningOf(code, addedCodes));
  return {
    title: `${a.title} compared`,
    view: {
      step: 'compared',
      a,
      b,
      swapped: pathWithQuery('compare', { a: b.run_id, b: a.run_id }),
      sides: await rowViews(read, [a, b]),
      took: tookBoth(tookMs(a), tookMs(b)),
      given: await givenBoth(read, a, b),
      kinds: ([undefined, ...CHANGE_KINDS] as const)
        .map((one) => ({
          label: one ? KIND_LABELS[one] : 'All differences',
          count: (one ? [one] : differing).reduce((sum, name) => sum + (counts.get(name) ?? 0), 0),
          href: link({ kind: one }),
          current: kind === one,
        }))
        .filter(({ count, current }, index) => count > 0 || current || index === 0),
      rows: page.rows.map((item) => ({
        item,
        name: item.label.trim() || 'without a name',
        kind: kindAt(item.kind),
        label: KIND_LABELS[kindAt(item.kind)],
        a: sideOf(a, {
          ordinal: item.a_ordinal,
          outcome: item.a_outcome,
          code: item.a_code,
          reason: item.a_reason ?? meaning(item.a_code),
        }),
        b: sideOf(b, {
          ordinal: item.b_ordinal,
          outcome: item.b_outcome,
          code: item.b_code,
          reason: item.b_reason ?? meaning(item.b_code),
        }),
      })),
      pages: pageLinks(page, ({ key }) => key, link),
    },
    people: peopleOf([a, b]),
  };
}

/** How long each of two runs took, in words; the second with the difference. A run that hasn't ended took “–”. */
function tookBoth(one: number | null, other: number | null): readonly [string, string] {
  const [first, second] = [one, other].map((ms) => (ms === null ? '–' : duration(ms)));
  if (one === null || other === null || one === other) return [first ?? '', second ?? ''];
  const difference = `${duration(Math.abs(other - one))} ${other > one ? 'slower' : 'faster'}`;
  return [first ?? '', `${second}, ${difference}`];
}

const tookMs = ({ started_at, finished_at }: RunRow): number | null =>
  started_at === null || finished_at === null ? null : finished_at - started_at;

/** An item as one of the runs recorded it, or null when that run doesn't have it. */
function sideOf(
  { run_id }: RunRow,
  item: {
    readonly ordinal: number | null;
    readonly outcome: string | null;
    readonly code: string | null;
    readonly reason: string;
  },
) {
  const { ordinal, outcome, code, reason } = item;
  if (ordinal === null || outcome === null) return null;
  return { outcome, code, reason, href: `runs/${run_id}/items?past=${ordinal - 1}#item-${ordinal}` };
}

/** The inputs of both runs, field by field. */
async function givenBoth(read: PageRead<Query>, a: RunRow, b: RunRow) {
  const [one, other] = await Promise.all(
    [a, b].map(
      async (run) => new Map((await givenOf(read, run)).fields.map(({ name, value }) => [name, value])),
    ),
  );
  const names = new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])]);
  return [...names].map((name) => ({ name, a: one?.get(name) ?? '–', b: other?.get(name) ?? '–' }));
}
