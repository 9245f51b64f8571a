import { z } from 'zod';
import { POLICY_TYPES } from '../../policies/policy-types.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { byScope, isConnected, listInventories, policyCounts } from '../hub/inventory-list.js';
import { runFiltersSchema } from '../hub/run-filters.js';
import { listRuns } from '../hub/run-list.js';
import { inventoryOffer } from '../start-offers.js';
import { peopleOf, rowViews } from './operations-page.js';
import { definePage, type PageRead } from './tenant-page.js';

const querySchema = z.object({});
const INVENTORIES_SHOWN = 10;
const ACTIVE_SHOWN = 10;

/** Tenant → Inventory: the latest inventories of each selection, and the control that starts one. */
export const inventorySyncPage = definePage<object>({
  path: '/inventory',
  nav: 'inventory',
  capability: 'features.read',
  template: 'pages/inventory-sync',
  query: querySchema,
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
    offer: inventoryOffer(access, await isConnected(db)),
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
