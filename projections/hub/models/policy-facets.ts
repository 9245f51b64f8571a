import { SnapshotCaptured } from '../../../src/entities/policy/policy.js';
import { InventoryItemsObserved } from '../../../src/operations/inventory-sync/inventory-events.js';
import { bytewiseText, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { tenantOf } from '../event-facts.js';
import { settingFacet } from '../policy-facets.js';
import { searchTerms } from '../search-terms.js';
import { policiesTable, policyKeysIn } from './policies.js';

/** Which policies have a setting or name a group, as the newest inventory saw them (K2). */
export const policyFacetsTable = defineTable({
  name: 'policy_facets',
  columns: {
    tenant_id: uuid(),
    facet: bytewiseText(),
    policy_key: text(),
  },
  key: ['tenant_id', 'facet', 'policy_key'],
  onConflict: 'keep',
  access: 'tenant',
});

export const policyFacets = defineModel({
  table: policyFacetsTable,
  wants: [InventoryItemsObserved, SnapshotCaptured],
  fold(event, rows, rowsOf) {
    const tenant_id = tenantOf(event);
    for (const policy_key of policyKeysIn(event)) {
      const before = new Set(rowsOf(policiesTable).before({ tenant_id, policy_key })?.facets);
      const after = new Set(rowsOf(policiesTable).get({ tenant_id, policy_key })?.facets);
      for (const facet of before) if (!after.has(facet)) rows.delete({ tenant_id, facet, policy_key });
      for (const facet of after) if (!before.has(facet)) rows.put({ tenant_id, facet, policy_key });
    }
  },
});

/** Every setting that a policy of the tenant ever had. */
export const policySettingsTable = defineTable({
  name: 'policy_settings',
  columns: {
    tenant_id: uuid(),
    facet: bytewiseText(),
    /** Graph's names on the way to it. */
    path: text(),
    /** Its name for people; null where none is known. */
    label: nullable(text()),
  },
  key: ['tenant_id', 'facet'],
  onConflict: 'keep',
  access: 'tenant',
});

export const policySettings = defineModel({
  table: policySettingsTable,
  wants: [InventoryItemsObserved],
  fold(event, rows) {
    const tenant_id = tenantOf(event);
    for (const { path, label } of event.data.settings)
      rows.put({ tenant_id, facet: settingFacet(path), path, label });
  },
});

/** The words that settings are found by. */
export const settingTermsTable = defineTable({
  name: 'setting_terms',
  columns: {
    tenant_id: uuid(),
    term: bytewiseText(),
    facet: bytewiseText(),
  },
  key: ['tenant_id', 'term', 'facet'],
  onConflict: 'keep',
  access: 'tenant',
});

export const settingTerms = defineModel({
  table: settingTermsTable,
  wants: [InventoryItemsObserved],
  fold(event, rows) {
    const tenant_id = tenantOf(event);
    for (const { path, label } of event.data.settings)
      for (const term of searchTerms([wordsOf(path), label ?? '']))
        rows.put({ tenant_id, term, facet: settingFacet(path) });
  },
});

/** The path with its words apart: `passwordMinimumLength` is found by `minimum` too. */
const wordsOf = (path: string): string =>
  `${path} ${path.replaceAll(/(\p{Ll})(?=\p{Lu})/gu, '$1 ')}`.replaceAll('_', ' ');
