import type { LedgerReader } from '../../ledger/ledger.js';
import type { UnreadKey } from '../../policies/unread-policies.js';
import type { ItemOrigin } from '../../runs/repeated-items.js';
import type { ItemOutcome } from '../../runs/run-events.js';
import { readObservations, type SeenPolicy } from '../inventory-sync/read-observations.js';

/** A policy that an inventory read, and where its item was recorded. */
export interface InventoriedPolicy extends SeenPolicy {
  readonly origin: ItemOrigin;
}

/** A policy that an inventory listed and could not read, with the reason code. */
export interface UnreadItem extends UnreadKey {
  readonly itemId: string;
  readonly reasonCode: string;
}

/** The policies that a usable inventory read, and those that it could not read. */
export interface Inventory {
  readonly policies: readonly InventoriedPolicy[];
  readonly unread: readonly UnreadItem[];
  /** Policy types that were read completely; only in these does a missing policy mean that it doesn't exist. */
  readonly completeTypes: ReadonlySet<string>;
  /** Reason code of each type that was not read completely. */
  readonly failedTypes: ReadonlyMap<string, string>;
}

/** Reads an inventory run from the log; undefined when it is not a usable inventory of the scope. */
export async function readInventory(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
  scopeKey: string,
): Promise<Inventory | undefined> {
  const observations = await readObservations(ledger, tenantId, runId);
  if (observations?.scopeKey !== scopeKey || !observations.isUsable) return undefined;
  const policies: InventoriedPolicy[] = [];
  const unread: UnreadItem[] = [];
  const completeTypes = new Set<string>();
  const failedTypes = new Map<string, string>();
  for (const { item, policy, nameHash, origin } of observations.items) {
    if (policy) policies.push({ ...policy, origin });
    // The item of a policy type as a whole has no subject.
    if (item.subject !== null) {
      if (item.outcome === 'failed') unread.push(unreadItem(item, nameHash));
    } else if (item.outcome === 'succeeded') completeTypes.add(item.itemId);
    else failedTypes.set(item.itemId, item.reasonCode ?? 'unexpected');
  }
  return { policies, unread, completeTypes, failedTypes };
}

function unreadItem({ itemId, label, subject, reasonCode }: ItemOutcome, nameKey: string | null): UnreadItem {
  const { type = '', id = '' } = subject ?? {};
  return { itemId, policyType: type, id, nameKey, name: label, reasonCode: reasonCode ?? 'unexpected' };
}
