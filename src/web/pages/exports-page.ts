import { z } from 'zod';
import { deniedReason } from '../../access/capabilities.js';
import { POLICY_TYPES } from '../../policies/catalogue/policy-types.js';
import { type ExportRow, findExport, listExports } from '../hub/export-list.js';
import { findScope, usableInventory } from '../hub/inventory-list.js';
import { LIMITS } from '../limits.js';
import { graphStartOffer, startOffer } from '../start-offers.js';
import { exportForm } from './export-form.js';
import { definePage, type PageRead } from './page.js';
import type { PageAnswer } from './page-answer.js';
import { activeRunsOfType, peopleOf, rowViews } from './run-rows.js';
import { sendExport } from './send-export.js';
import { startAgainForm } from './start-again-form.js';

const RUN_ID = { param: 'run', kind: 'run' } as const;

const download: PageAnswer = {
  path: '/exports/:run/download',
  capability: 'exports.download',
  id: RUN_ID,
  answer: ({ access, personId, params, request, runtime, time }, reply) =>
    sendExport(
      runtime.deps,
      {
        tenantId: access.tenant.tenantId,
        runId: params.run ?? '',
        time,
        request,
        actor: { kind: 'member', personId },
      },
      reply,
    ),
};

/** Writes an export again after its archive was removed. */
const againForm = startAgainForm('/exports/:run/again', ['policy.export']);

const exportsQuery = z.object({
  /** Shows only the export of this run. */
  run: z.string().max(60).optional(),
  /** The inventory whose policies the form offers; the newest usable one when left out. */
  inventory: z.string().max(60).optional(),
  /** The page after this position. */
  before: z.coerce.number().int().optional(),
});
type Query = z.infer<typeof exportsQuery>;

/** Backup → Exports: archives of policies to download, when they expire, and the form that starts one (K4). */
export const exportsPage = definePage<Query>({
  path: '/exports',
  rail: { heading: 'Backup', label: 'Exports', icon: 'download' },
  capability: 'features.read',
  template: 'pages/exports',
  query: exportsQuery,
  forms: [exportForm, againForm],
  answers: [download],
  linkTargets: { export: ({ target_id }) => `/exports?run=${encodeURIComponent(target_id)}` },
  async load(read) {
    const view = await exportsView(read);
    const inventory = await offeredInventory(read);
    const started = { inventory, policyTypes: POLICY_TYPES };
    return { title: 'Exports', view: { ...view, ...started }, people: view.people };
  },
  live: {
    async load(read) {
      const view = await exportsView(read);
      return {
        fragments: [{ target: 'exports', template: 'partials/exports', view }],
        people: view.people,
      };
    },
  },
});

async function exportsView(read: PageRead<Query>) {
  const { db, access, query, time } = read;
  const { rows, next } =
    query.run === undefined
      ? await listExports(db, { before: query.before, limit: LIMITS.exportsPerPage })
      : await singleExport(read, query.run);
  const active = await activeRunsOfType(read, 'policy.export');
  const exports = rows.map((row) => ({ ...row, ended: row.ends_at <= time.now }));
  // Stored versions are exported without a connection; the start decides about the others.
  const again = startOffer(access, null);
  return {
    base: `/t/${access.tenant.slug}`,
    offer: await graphStartOffer(access, db),
    again,
    againReason: exports.some(({ ended }) => ended) ? again.reason : null,
    denied: deniedReason(access.roles, 'exports.download'),
    active: await rowViews(read, active),
    single: query.run !== undefined,
    older: next === null ? null : `exports?before=${next}`,
    exports,
    people: peopleOf([...active, ...rows]),
  };
}

async function singleExport({ db }: PageRead<Query>, runId: string) {
  const found = await findExport(db, runId);
  return { rows: found ? [found] : ([] as ExportRow[]), next: null };
}

/** The usable inventory whose policies the form offers, as the tenant has them now; null when there is none. */
async function offeredInventory({ db, query }: PageRead<Query>) {
  const found = await usableInventory(db, query.inventory);
  const scope = found && (await findScope(db, found.scope_key));
  return found ? { ...found, title: scope?.scope.title ?? '' } : null;
}
