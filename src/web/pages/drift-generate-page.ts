import { z } from 'zod';
import { acknowledgeFinding } from '../../entities/finding/finding.js';
import { NOT_COMPARED } from '../../policies/linked-content.js';
import { newestComparisons } from '../hub/comparison-list.js';
import {
  FINDING_KIND_LABELS,
  findingFiltersSchema,
  listFindings,
  reviewedFindings,
} from '../hub/finding-list.js';
import { type InventoryScope, listScopes } from '../hub/inventory-list.js';
import { findRun } from '../hub/run-detail.js';
import { LIMITS } from '../limits.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery, queryOf } from '../query-of.js';
import { commandOffer, startOffer } from '../start-offers.js';
import { findingGroups } from '../view/finding-groups.js';
import { acknowledgeMany } from './acknowledge-many.js';
import { definePage, type FragmentOf, type PageRead } from './page.js';
import { defineForm, startRunOfForm } from './page-form.js';
import { activeRunsOfType, peopleOf, rowViews } from './run-rows.js';

const optionalText = optionalField(z.string().max(200));

const startDrift = defineForm({
  path: '/drift/start',
  capability: 'runs.start',
  fields: z.object({
    scopeKey: optionalText,
    baselineRunId: optionalText,
    currentRunId: optionalText,
  }),
  submit: (sent) => startRunOfForm(sent, 'drift.generate', withoutUndefined(sent.form)),
});

const querySchema = findingFiltersSchema.extend({
  /** The position of the newest comparison that the page shows. Only addresses of live updates have it. */
  newest: z.coerce.number().int().optional(),
  /** The position at which the last finding on the page was first detected. Only addresses of live updates have it. */
  through: z.coerce.number().int().optional(),
});
type Query = z.infer<typeof querySchema>;

/** Tenant → Drift: what can be compared, and the findings. */
export const driftGeneratePage = definePage<Query>({
  path: '/drift',
  rail: { heading: 'Tenant', label: 'Drift', icon: 'drift' },
  capability: 'features.read',
  template: 'pages/drift-generate',
  query: querySchema,
  forms: [startDrift, acknowledgeMany],
  linkTargets: { findings: ({ run_id }) => `/drift?run=${encodeURIComponent(run_id)}` },
  async load(read) {
    const { db, query } = read;
    const view = await compareView(read);
    const comparisons = await newestComparisons(db);
    const newest = comparisons.map(({ run_id }) => run_id);
    const detectedBy = detectedByOf(query, newest);
    const page = await listFindings(db, query, detectedBy, LIMITS.findingsPerPage);
    const last = page.rows.at(-1);
    const run = query.run ? await findRun(db, query.run) : undefined;
    return {
      title: 'Drift',
      view: {
        ...view,
        filters: query,
        run,
        kinds: Object.entries(FINDING_KIND_LABELS),
        groups: findingGroups(page.rows),
        comparisons: comparisons.map((comparison) => ({
          ...comparison,
          title: view.titles.get(comparison.scope_key) ?? 'an earlier selection',
        })),
        /** Where nothing changed when there are no findings. */
        unchanged: comparisons.every(({ not_comparable }) => not_comparable === 0)
          ? 'between the inventories that were compared last'
          : 'in what could be compared',
        notCompared: NOT_COMPARED.join('; '),
        review: commandOffer(read.access, acknowledgeFinding),
        /** The page's filters, to return to. */
        back: queryOf(query).slice(1),
        shown: page.rows.length,
        older:
          page.hasMore && last
            ? pathWithQuery('drift', { ...query, before: last.first_position, fingerprint: last.fingerprint })
            : null,
        newRows: NEW_ROWS,
        ofNewest: detectedBy === newest,
        findingsTitle: query.history ? TITLES.history : run ? TITLES.run : TITLES.newest,
        filtered: Boolean(query.kind || query.status || query.type || query.run),
      },
      people: view.people,
      live: { newest: comparisons[0]?.position ?? 0, ...(last ? { through: last.first_position } : {}) },
    };
  },
  live: {
    async load(read) {
      const view = await compareView(read);
      return {
        fragments: [
          { target: 'drift-active', template: 'partials/drift-active', view },
          { target: 'new-rows', template: 'partials/new-rows', view: await newComparisons(read) },
          ...(await reviews(read)),
        ],
        people: view.people,
      };
    },
  },
});

const TITLES = {
  history: 'All findings so far',
  run: 'Findings of one comparison',
  newest: 'Findings of the newest comparison',
} as const;

/** The comparisons that have ended since the page was loaded. Findings that somebody reads are never replaced. */
async function newComparisons({ db, query }: PageRead<Query>) {
  const comparisons = query.run ? [] : await newestComparisons(db);
  const newRuns = comparisons.filter(({ position }) => position > (query.newest ?? 0)).length;
  return { ...NEW_ROWS, newRuns };
}

/** The runs whose findings the page shows; null for all findings. */
const detectedByOf = ({ run, history }: Query, newest: readonly string[]): readonly string[] | null => {
  if (run) return [run];
  return history ? null : newest;
};

/** The status of each shown finding that somebody has reviewed. Its row and its box stay as they are. */
async function reviews({ db, query }: PageRead<Query>): Promise<FragmentOf[]> {
  if (query.through === undefined) return [];
  const newest = (await newestComparisons(db)).map(({ run_id }) => run_id);
  const shown = { through: query.through, limit: LIMITS.findingsPerPage };
  const findings = await reviewedFindings(db, query, detectedByOf(query, newest), shown);
  return findings.map((finding) => ({
    target: `status-${finding.fingerprint}`,
    template: 'partials/finding-status',
    view: { finding },
  }));
}

/** The bar of new rows before there are any. */
const NEW_ROWS = { newRuns: 0, noun: 'comparison', firstPage: 'drift' } as const;

async function compareView(read: PageRead<Query>) {
  const { db, access } = read;
  const { scopes } = await listScopes(db, { usableMin: 1, inventories: LIMITS.baselinesOffered + 1 });
  const active = await activeRunsOfType(read, 'drift.generate');
  const usable = Math.max(0, ...scopes.map((scope) => scope.usable));
  return {
    base: `/t/${access.tenant.slug}`,
    offer: startOffer(access, usable >= 2 ? null : 'needs_two_inventories'),
    /**
     * Selections that can be compared, with the pair of inventories that is compared unless another baseline is chosen.
     */
    comparable: scopes.filter((scope) => scope.usable >= 2).map(comparisonOf),
    usable,
    titles: new Map(scopes.map(({ scopeKey, title }) => [scopeKey, title])),
    active: await rowViews(read, active),
    people: peopleOf(active),
  };
}

function comparisonOf(scope: InventoryScope) {
  const [current, ...earlier] = scope.inventories;
  return { scopeKey: scope.scopeKey, title: scope.title, current, baselines: earlier };
}

const withoutUndefined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
