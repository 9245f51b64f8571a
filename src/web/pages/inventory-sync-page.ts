import { z } from 'zod';
import { POLICY_TYPES } from '../../policies/catalogue/policy-types.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import { findScope, type InventoryScope, listScopes } from '../hub/inventory-list.js';
import { LIMITS } from '../limits.js';
import { listField } from '../optional-field.js';
import { graphStartOffer } from '../start-offers.js';
import { actsView, backUpAct, exportAct } from '../view/acts.js';
import { definePage, type PageRead } from './page.js';
import { defineForm, startRunOfForm } from './page-form.js';
import { activeRunsOfType, peopleOf, rowViews } from './run-rows.js';

const startInventory = defineForm({
  path: '/inventory/start',
  capability: 'runs.start',
  fields: z.object({
    policyTypes: listField(z.string().max(200), 100),
    acceptCountMismatch: z.literal('yes').optional(),
  }),
  submit: (sent) => {
    const { policyTypes, acceptCountMismatch } = sent.form;
    return startRunOfForm(sent, 'inventory.sync', {
      ...(policyTypes.length > 0 ? { policyTypes } : {}),
      ...(acceptCountMismatch ? { acceptCountMismatch: true } : {}),
    });
  },
});

const inventoryQuery = z.object({
  /** Shows only this selection, with all of its inventories. */
  scope: z.string().max(64).optional(),
  /** The page after this position, of selections or of one selection's inventories. */
  before: z.coerce.number().int().optional(),
});
type Query = z.infer<typeof inventoryQuery>;

/** Tenant → Inventory: the latest inventories of each selection, and the form that starts one. */
export const inventorySyncPage = definePage<Query>({
  path: '/inventory',
  rail: { heading: 'Tenant', label: 'Inventory', icon: 'box' },
  capability: 'features.read',
  template: 'pages/inventory-sync',
  query: inventoryQuery,
  forms: [startInventory],
  linkTargets: { inventory: ({ target_id }) => `/inventory?scope=${encodeURIComponent(target_id)}` },
  async load(read) {
    const view = await inventoryView(read);
    const acts = actsView([
      backUpAct('Back up policies', {}, view.offer),
      exportAct('Export everything', { what: 'tenant' }, view.offer),
    ]);
    return { title: 'Inventory', view: { ...view, acts, policyTypes: POLICY_TYPES }, people: view.people };
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

async function inventoryView(read: PageRead<Query>) {
  const { db, access, query } = read;
  const { scopes, older } = await shownScopes(read);
  const active = await activeRunsOfType(read, 'inventory.sync');
  return {
    base: `/t/${access.tenant.slug}`,
    offer: await graphStartOffer(access, db),
    active: await rowViews(read, active),
    single: query.scope !== undefined,
    older,
    scopes: scopes
      .filter(({ inventories }) => inventories.length > 0)
      .map((scope) => ({
        ...scope,
        inventories: scope.inventories.map((inventory) => ({
          ...inventory,
          bucketLabel: BUCKET_LABELS[inventory.bucket],
        })),
        hasMore: query.scope === undefined && scope.inventories.length === LIMITS.inventoriesOfScope,
        counts: Object.entries(scope.policiesByType)
          .sort()
          .map(([policyType, policies]) => ({ policyType, label: policyTypeLabel(policyType), policies })),
      })),
    people: peopleOf(active),
  };
}

/** The selections on this page and the position at which the next page begins. */
async function shownScopes({
  db,
  query,
}: PageRead<Query>): Promise<{ scopes: readonly InventoryScope[]; older: string | null }> {
  const { scope: scopeKey, before } = query;
  if (scopeKey === undefined) {
    const { scopes, next } = await listScopes(db, { before, inventories: LIMITS.inventoriesOfScope });
    return { scopes, older: next === null ? null : `inventory?before=${next}` };
  }
  const found = await findScope(db, scopeKey, before);
  const older = found?.next ? `inventory?scope=${encodeURIComponent(scopeKey)}&before=${found.next}` : null;
  return { scopes: found ? [found.scope] : [], older };
}
