import { SnapshotCaptured } from '../../../src/entities/policy/policy.js';
import { InventoryItemsObserved } from '../../../src/operations/inventory-sync/inventory-events.js';
import { bytewiseText, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { tenantOf } from '../event-facts.js';
import { searchTerms } from '../search-terms.js';
import { type PolicyRow, policiesTable, policyKeysIn } from './policies.js';

/** The words that a policy is found by: those of its present name and of its id. */
export const policyTermsTable = defineTable({
  name: 'policy_terms',
  columns: {
    tenant_id: uuid(),
    /** Compared byte by byte, so that an index finds words by their beginning in any locale. */
    term: bytewiseText(),
    policy_key: text(),
  },
  key: ['tenant_id', 'term', 'policy_key'],
  onConflict: 'keep',
  access: 'tenant',
});

export const policyTerms = defineModel({
  table: policyTermsTable,
  wants: [InventoryItemsObserved, SnapshotCaptured],
  fold(event, rows, rowsOf) {
    const tenant_id = tenantOf(event);
    for (const policy_key of policyKeysIn(event)) {
      const before = termsOf(rowsOf(policiesTable).before({ tenant_id, policy_key }));
      const after = termsOf(rowsOf(policiesTable).get({ tenant_id, policy_key }));
      for (const term of before) if (!after.has(term)) rows.delete({ tenant_id, term, policy_key });
      for (const term of after) if (!before.has(term)) rows.put({ tenant_id, term, policy_key });
    }
  },
});

const termsOf = (policy: PolicyRow | undefined): ReadonlySet<string> =>
  new Set(policy ? searchTerms([policy.name, policy.policy_id]) : []);
