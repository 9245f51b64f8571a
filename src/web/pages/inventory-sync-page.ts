import { z } from 'zod';
import { POLICY_TYPES } from '../../policies/policy-types.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { byScope, isConnected, listInventories, policyCounts } from '../hub/inventory-list.js';
import { runFiltersSchema } from '../hub/run-filters.js';
import { listRuns } from '../hub/run-list.js';
import { startOffer } from '../start-offers.js';
import { peopleOf, rowViews } from './operations-page.js';
import { definePage, type PageRead } from './page.js';
import { defineForm, startRun } from './page-form.js';

const INVENTORIES_SHOWN = 10;
const ACTIVE_SHOWN = 10;

const startInventory = defineForm({
  path: '/inventory/start',
  capability: 'runs.start',
  fields: z.object({
    policyTypes: z.preprocess(
      (value) => (value === undefined || value === '' ? undefined : [value].flat()),
      z.array(z.string().max(200)).max(100).optional(),
    ),
    acceptCountMismatch: z.literal('yes').optional(),
  }),
  submit: (sent) => {
    const { policyTypes, acceptCountMismatch } = sent.form;
    return startRun(sent, 'inventory.sync', {
      ...(policyTypes ? { policyTypes } : {}),
      ...(acceptCountMismatch ? { acceptCountMismatch: true } : {}),
    });
  },
});

/** Tenant → Inventory: the latest inventories of each selection, and the control that starts one. */
export const inventorySyncPage = definePage<object>({
  path: '/inventory',
  rail: { heading: 'Tenant', label: 'Inventory', icon: 'box' },
  capability: 'features.read',
  template: 'pages/inventory-sync',
  query: z.object({}),
  forms: [startInventory],
  linkTargets: { inventory: ({ target_id }) => `/inventory#scope-${encodeURIComponent(target_id)}` },
  async load(read) {
    const view = await inventoryView(read);
    return { title: 'Inventory', view: { ...view, policyTypes: POLICY_TYPES }, people: view.people };
  },
  live: {
    async load(read) {
      const view = await inventoryView(read);
      return {
        fragments: [{ target: 'inventories', template: 'partials/inventories', view }],
        people: view.people,
      };
    },
  },
});

async function inventoryView(read: PageRead<object>) {
  const { db, access } = read;
  const scopes = byScope(await listInventories(db));
  const active = await activeRuns(read, 'inventory.sync');
  return {
    base: `/t/${access.tenant.slug}`,
    offer: startOffer(access, (await isConnected(db)) ? null : 'not_connected'),
    active: await rowViews(read, active),
    scopes: await Promise.all(
      scopes.map(async (scope) => ({
        ...scope,
        inventories: scope.inventories.slice(0, INVENTORIES_SHOWN).map((inventory) => ({
          ...inventory,
          bucketLabel: BUCKET_LABELS[inventory.bucket],
        })),
        counts: scope.usable[0]
          ? (await policyCounts(db, scope.usable[0].run_id)).map(({ policyType, policies }) => ({
              label: policyTypeLabel(policyType),
              policies,
            }))
          : [],
      })),
    ),
    people: peopleOf(active),
  };
}

/** Runs of a type that are queued or running, the newest first. */
export async function activeRuns({ db, time }: PageRead<unknown>, type: string) {
  const active = await Promise.all(
    (['running', 'queued'] as const).map((bucket) =>
      listRuns(db, {
        filters: runFiltersSchema.parse({ type, bucket }),
        limit: ACTIVE_SHOWN,
        now: time.now,
      }),
    ),
  );
  return active.flatMap(({ rows }) => rows);
}
