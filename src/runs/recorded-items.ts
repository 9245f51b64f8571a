import { isEvent } from '../ledger/event-registry.js';
import type { LedgerReader } from '../ledger/ledger.js';
import { readRun } from './read-operation.js';
import { originsOf } from './repeated-items.js';
import { type ItemOutcome, RunItemsRecorded, RunItemsRepeated } from './run-events.js';

/** An item that a run recorded itself, with its ordinal in the run, by which later runs refer to it. */
export interface RecordedItem {
  readonly item: ItemOutcome;
  readonly ordinal: number;
}

/** The items that a run recorded itself, by their ids. Items that it repeats have ordinals as well. */
export async function readRecordedItems(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
): Promise<ReadonlyMap<string, RecordedItem>> {
  const recorded = new Map<string, RecordedItem>();
  let ordinal = 0;
  for await (const event of readRun(ledger, tenantId, runId)) {
    if (isEvent(event, RunItemsRepeated)) ordinal += [...originsOf(event.data.from)].length;
    if (!isEvent(event, RunItemsRecorded)) continue;
    for (const item of event.data.items) {
      // The first outcome of an item counts.
      if (recorded.has(item.itemId)) continue;
      ordinal += 1;
      recorded.set(item.itemId, { item, ordinal });
    }
  }
  return recorded;
}
