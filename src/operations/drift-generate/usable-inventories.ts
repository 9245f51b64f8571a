import { isEvent, type RecordedEvent, type RecordedOf } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { operationKey, operationStream } from '../../ledger/streams.js';
import { eventAt, readRun } from '../../runs/read-operation.js';
import { RunCompleted, RunItemsRecorded, RunQueued } from '../../runs/run-events.js';
import { completedLifecycle, isUsable, statusBucket } from '../../runs/status-bucket.js';
import { InventoryItemsObserved, type ObservedPolicy } from '../inventory-sync/inventory-events.js';

/** An inventory that drift may be built on: it ended succeeded or partially succeeded. */
export interface UsableInventory {
  readonly runId: string;
  /** As in the log: UTC with milliseconds. */
  readonly finishedAt: string;
}

/** Runs looked at, newest first, before giving up; a tenant whose inventories all fail has other worries. */
const RUNS_LOOKED_AT_MAX = 500;

/**
 * The newest usable inventories of a scope, newest first, from the log itself: an operation's runs end one after
 * the other, so the stream's order is that of their finish times. Reads one event a run.
 */
export async function findUsableInventories(
  ledger: LedgerReader,
  tenantId: string,
  scopeKey: string,
  wanted: number,
): Promise<readonly UsableInventory[]> {
  const stream = operationStream(tenantId, operationKey(tenantId, 'inventory.sync', { scopeKey }));
  const found: UsableInventory[] = [];
  let last = await ledger.last(stream);
  for (let looked = 0; last && found.length < wanted && looked < RUNS_LOOKED_AT_MAX; looked++) {
    if (isUsableEnd(last)) found.push({ runId: last.envelope.runId ?? '', finishedAt: last.envelope.at });
    const start = last.envelope.runStart ?? 0;
    last = start > 0 ? await eventAt(ledger, stream, start - 1) : undefined;
  }
  return found;
}

/** What a usable inventory saw. */
export interface Inventory {
  readonly policies: readonly ObservedPolicy[];
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
  const policies: ObservedPolicy[] = [];
  const completeTypes = new Set<string>();
  const failedTypes = new Map<string, string>();
  let usable = false;
  for await (const event of readRun(ledger, tenantId, runId)) {
    if (isEvent(event, RunQueued) && !isInventoryOf(event, scopeKey)) return undefined;
    if (isEvent(event, InventoryItemsObserved)) policies.push(...event.data.policies);
    if (isEvent(event, RunItemsRecorded))
      for (const item of event.data.items) {
        // The item of a policy type as a whole has no subject.
        if (item.subject !== null) continue;
        if (item.outcome === 'succeeded') completeTypes.add(item.itemId);
        else failedTypes.set(item.itemId, item.reasonCode ?? 'unexpected');
      }
    usable = isUsableEnd(event);
  }
  return usable ? { policies, completeTypes, failedTypes } : undefined;
}

function isInventoryOf(event: RecordedOf<typeof RunQueued>, scopeKey: string): boolean {
  return event.data.type === 'inventory.sync' && event.data.scope.scopeKey === scopeKey;
}

function isUsableEnd(event: RecordedEvent): boolean {
  if (!isEvent(event, RunCompleted)) return false;
  const { counts } = event.data;
  return isUsable(statusBucket(completedLifecycle(counts), counts));
}
