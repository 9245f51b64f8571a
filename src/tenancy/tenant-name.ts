import { isEvent } from '../ledger/event-registry.js';
import type { LedgerReader } from '../ledger/ledger.js';
import { TenantRegistered, tenantStream } from './tenant-events.js';

/** The name under which a tenant is registered in the log; undefined for none. Errors: those of the ledger. */
export async function tenantNameOf(ledger: LedgerReader, tenantId: string): Promise<string | undefined> {
  for await (const event of ledger.read(tenantStream(tenantId)))
    if (isEvent(event, TenantRegistered)) return event.data.name;
  return undefined;
}
