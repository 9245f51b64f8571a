import { canonicalJson, type JsonObject } from '../../ledger/canonical-json.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import type { RepeatedItem } from '../../runs/decider.js';
import { type RecordedItem, readRecordedItems } from '../../runs/recorded-items.js';
import type { ItemOutcome } from '../../runs/run-events.js';
import type { FillingRun } from './filling-run.js';

/** Most runs that one run refers to; each is read once and kept in memory. */
const ORIGINS_MAX = 20;

/** The items of the runs that captured the snapshots; items with the same outcome aren't written again. */
export interface CapturedItems {
  /** Where the run that captured a snapshot recorded the same outcome, or undefined. */
  sameIn(capturedBy: string, outcome: ItemOutcome): Promise<RepeatedItem | undefined>;
  /** The ids of the items that earlier attempts of this run have repeated. */
  repeated(): Promise<readonly ItemOutcome[]>;
}

export function createCapturedItems(
  ledger: LedgerReader,
  run: Pick<FillingRun, 'tenantId' | 'runId' | 'repeated'>,
): CapturedItems {
  const origins = new Map<string, Promise<ReadonlyMap<string, RecordedItem>>>();

  const itemsOf = (runId: string): Promise<ReadonlyMap<string, RecordedItem>> => {
    const items = origins.get(runId) ?? readRecordedItems(ledger, run.tenantId, runId);
    origins.set(runId, items);
    return items;
  };

  return {
    async sameIn(capturedBy, outcome) {
      if (capturedBy === run.runId || (!origins.has(capturedBy) && origins.size >= ORIGINS_MAX))
        return undefined;
      const same = (await itemsOf(capturedBy)).get(outcome.itemId);
      if (!same || textOf(same.item) !== textOf(outcome)) return undefined;
      return { runId: capturedBy, ordinal: same.ordinal, subjectType: outcome.subject?.type ?? null };
    },
    async repeated() {
      const ordinals = new Map<string, Set<number>>();
      for (const key of run.repeated) {
        const [runId = '', ordinal] = key.split(' ');
        ordinals.set(runId, (ordinals.get(runId) ?? new Set()).add(Number(ordinal)));
      }
      const items: ItemOutcome[] = [];
      for (const [runId, wanted] of ordinals)
        for (const { item, ordinal } of (await itemsOf(runId)).values())
          if (wanted.has(ordinal)) items.push(item);
      return items;
    },
  };
}

const textOf = (item: ItemOutcome): string => canonicalJson({ ...item } as JsonObject);
