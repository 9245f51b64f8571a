import { isEvent, type RecordedOf } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import type { UnreadKey } from '../../policies/unread-policies.js';
import { readRun } from '../../runs/read-operation.js';
import { type ItemOutcome, RunItemsRecorded, RunQueued } from '../../runs/run-events.js';
import { InventoryItemsObserved, type ObservedPolicy } from '../inventory-sync/inventory-events.js';
import { isUsableEnd } from './usable-inventories.js';

/** A policy that an inventory saw, with the version of the rules that its hashes were made with. */
export interface SeenPolicy extends ObservedPolicy {
  readonly rulesVersion: number;
}

/** A policy that an inventory listed and could not read, with why. */
export interface UnreadItem extends UnreadKey {
  readonly itemId: string;
  readonly reasonCode: string;
}

/** What a usable inventory saw. */
export interface Inventory {
  readonly policies: readonly SeenPolicy[];
  readonly unread: readonly UnreadItem[];
  /** Policy types read to their end; what is missing of others says nothing. */
  readonly completeTypes: ReadonlySet<string>;
  /** Reason code of each type that was not. */
  readonly failedTypes: ReadonlyMap<string, string>;
}

/** Reads an inventory run from the log; undefined when it is not a usable inventory of the scope. */
export async function readInventory(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
  scopeKey: string,
): Promise<Inventory | undefined> {
  const policies: SeenPolicy[] = [];
  const failed: ItemOutcome[] = [];
  const nameHashes = new Map<string, string | null>();
  const completeTypes = new Set<string>();
  const failedTypes = new Map<string, string>();
  let usable = false;
  for await (const event of readRun(ledger, tenantId, runId)) {
    if (isEvent(event, RunQueued) && !isInventoryOf(event, scopeKey)) return undefined;
    if (isEvent(event, InventoryItemsObserved)) {
      const { rulesVersion, unread } = event.data;
      for (const policy of event.data.policies) policies.push({ ...policy, rulesVersion });
      for (const { itemId, nameHash } of unread) nameHashes.set(itemId, nameHash);
    }
    if (isEvent(event, RunItemsRecorded))
      for (const item of event.data.items) {
        // The item of a policy type as a whole has no subject.
        if (item.subject !== null) {
          if (item.outcome === 'failed') failed.push(item);
        } else if (item.outcome === 'succeeded') completeTypes.add(item.itemId);
        else failedTypes.set(item.itemId, item.reasonCode ?? 'unexpected');
      }
    usable = isUsableEnd(event);
  }
  const unread = failed.map((item) => unreadItem(item, nameHashes.get(item.itemId) ?? null));
  return usable ? { policies, unread, completeTypes, failedTypes } : undefined;
}

function unreadItem({ itemId, label, subject, reasonCode }: ItemOutcome, nameKey: string | null): UnreadItem {
  const { type = '', id = '' } = subject ?? {};
  return { itemId, policyType: type, id, nameKey, name: label, reasonCode: reasonCode ?? 'unexpected' };
}

function isInventoryOf(event: RecordedOf<typeof RunQueued>, scopeKey: string): boolean {
  return event.data.type === 'inventory.sync' && event.data.scope.scopeKey === scopeKey;
}
