import { isEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { readRun } from '../../runs/read-operation.js';
import { type ItemOrigin, originsOf } from '../../runs/repeated-items.js';
import { type ItemOutcome, RunItemsRecorded, RunItemsRepeated, RunQueued } from '../../runs/run-events.js';
import { InventoryItemsObserved, type ObservedPolicy } from './inventory-events.js';
import { isUsableEnd } from './usable-inventories.js';

/** A policy that an inventory read, with the version of the comparing rules that its hashes were made with. */
export interface SeenPolicy extends ObservedPolicy {
  readonly rulesVersion: number;
}

/** An item of an inventory with its observation, and the place where both were recorded. */
export interface ObservedItem {
  readonly item: ItemOutcome;
  /** Undefined for the item of a policy type and for a policy that couldn't be read. */
  readonly policy: SeenPolicy | undefined;
  /** Hash of the exact name of a policy that couldn't be read. */
  readonly nameHash: string | null;
  readonly origin: ItemOrigin;
}

/** The items that an inventory run has recorded and repeated. */
export interface Observations {
  /** Undefined where the run is no inventory. */
  readonly scopeKey: string | undefined;
  readonly isUsable: boolean;
  readonly items: readonly ObservedItem[];
}

/** A run that an inventory refers to is missing from the log. */
class MissingOriginError extends Error {
  override readonly name = 'MissingOriginError';
  constructor({ runId, ordinal }: ItemOrigin) {
    super(`Item ${ordinal} of the run ${runId}, which an inventory refers to, is not in the log any more.`);
  }
}

/**
 * Reads an inventory from the log, with the items of earlier runs that it repeats; undefined when there is no such
 * run. Errors: MissingOriginError.
 */
export async function readObservations(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
): Promise<Observations | undefined> {
  const own = await readOwn(ledger, tenantId, runId);
  if (!own) return undefined;
  const origins = new Map([[runId, own]]);
  const items: ObservedItem[] = [];
  for (const origin of own.origins) {
    let recorded = origins.get(origin.runId);
    if (!recorded) {
      recorded = await readOwn(ledger, tenantId, origin.runId);
      if (!recorded) throw new MissingOriginError(origin);
      origins.set(origin.runId, recorded);
    }
    const item = recorded.items.get(origin.ordinal);
    if (!item) throw new MissingOriginError(origin);
    items.push({
      item,
      policy: recorded.policies.get(item.itemId),
      nameHash: recorded.nameHashes.get(item.itemId) ?? null,
      origin,
    });
  }
  return { scopeKey: own.scopeKey, isUsable: own.isUsable, items };
}

/** What the events of one run say. */
interface Recorded {
  scopeKey: string | undefined;
  isUsable: boolean;
  /** Where each of its items was recorded, in the order in which they count. */
  readonly origins: ItemOrigin[];
  /** The items that it recorded itself, by their ordinal. */
  readonly items: Map<number, ItemOutcome>;
  readonly policies: Map<string, SeenPolicy>;
  readonly nameHashes: Map<string, string | null>;
}

async function readOwn(ledger: LedgerReader, tenantId: string, runId: string): Promise<Recorded | undefined> {
  let recorded: Recorded | undefined;
  const known = new Set<string>();
  for await (const event of readRun(ledger, tenantId, runId)) {
    if (isEvent(event, RunQueued))
      recorded = {
        scopeKey: event.data.type === 'inventory.sync' ? String(event.data.scope.scopeKey) : undefined,
        isUsable: false,
        origins: [],
        items: new Map(),
        policies: new Map(),
        nameHashes: new Map(),
      };
    if (!recorded) return undefined;
    recorded.isUsable = isUsableEnd(event);
    if (isEvent(event, InventoryItemsObserved)) {
      const { rulesVersion, policies, unread } = event.data;
      for (const policy of policies) recorded.policies.set(policy.itemId, { ...policy, rulesVersion });
      for (const { itemId, nameHash } of unread) recorded.nameHashes.set(itemId, nameHash);
    }
    if (isEvent(event, RunItemsRecorded))
      for (const item of event.data.items) {
        // The first outcome of an item counts.
        if (known.has(item.itemId)) continue;
        known.add(item.itemId);
        const origin = { runId, ordinal: recorded.origins.length + 1 };
        recorded.origins.push(origin);
        recorded.items.set(origin.ordinal, item);
      }
    if (isEvent(event, RunItemsRepeated)) recorded.origins.push(...originsOf(event.data.from));
  }
  return recorded;
}
