import type { LedgerReader } from '../ledger/ledger.js';
import { tenantStream } from './tenant-events.js';
import { evolveTenant, NO_TENANT, type TenantState } from './tenant-state.js';

/**
 * Returns a reader of a tenant's present state in the log, which folds only the events that it hasn't read before.
 * Errors of the reader: those of the ledger.
 */
export function followTenant(ledger: LedgerReader, tenantId: string): () => Promise<TenantState> {
  let known = { state: NO_TENANT, fromRevision: 0 };
  return async () => {
    let { state, fromRevision } = known;
    for await (const event of ledger.read(tenantStream(tenantId), { fromRevision })) {
      state = evolveTenant(state, event);
      fromRevision = event.revision + 1;
    }
    known = { state, fromRevision };
    return state;
  };
}
