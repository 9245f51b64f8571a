import { isEvent, type RecordedEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { eventAt, readRun } from '../../runs/read-operation.js';
import { RunCompleted } from '../../runs/run-events.js';
import { operationKey, operationStream, parseRunId } from '../../runs/run-streams.js';
import { completedLifecycle, isUsable, statusBucket } from '../../runs/status-bucket.js';

/** An inventory that can be compared: it ended as succeeded or partially succeeded. */
export interface UsableInventory {
  readonly runId: string;
  /** UTC with milliseconds, as in the log. */
  readonly finishedAt: string;
}

/**
 * Most runs that are read, newest first, in search of usable ones. It limits the work in a tenant whose inventories
 * all fail; an inventory every hour fails for half a year before an older one is no longer found.
 */
const RUNS_LOOKED_AT_MAX = 5_000;

/**
 * The newest usable inventories of a scope, newest first, read from the log. The runs of an operation end one
 * after the other, so the order of the stream is the order of their ends. Reads one event for each run.
 */
export async function findUsableInventories(
  ledger: LedgerReader,
  tenantId: string,
  scopeKey: string,
  wanted: number,
): Promise<readonly UsableInventory[]> {
  const found: UsableInventory[] = [];
  for await (const end of lastEvents(ledger, streamOf(tenantId, scopeKey))) {
    if (isUsableEnd(end)) found.push({ runId: end.envelope.runId ?? '', finishedAt: end.envelope.at });
    if (found.length >= wanted) break;
  }
  return found;
}

/** Whether a run is a usable inventory of the scope. Reads one event for it and for each run after it. */
export async function isUsableInventory(
  ledger: LedgerReader,
  tenantId: string,
  scopeKey: string,
  runId: string,
): Promise<boolean> {
  // All runs of one stream have the same scope, so comparing the run id is enough.
  if (parseRunId(runId)?.key !== keyOf(tenantId, scopeKey)) return false;
  for await (const end of lastEvents(ledger, streamOf(tenantId, scopeKey)))
    if (end.envelope.runId === runId) return isUsableEnd(end);
  // The run is older than all that were read.
  let end: RecordedEvent | undefined;
  for await (const event of readRun(ledger, tenantId, runId)) end = event;
  return end !== undefined && isUsableEnd(end);
}

/** Whether a run's last event says that the run is usable. */
export function isUsableEnd(event: RecordedEvent): boolean {
  if (!isEvent(event, RunCompleted)) return false;
  const { counts } = event.data;
  return isUsable(statusBucket(completedLifecycle(counts), counts));
}

/** The last event of each run of a stream, newest run first. */
async function* lastEvents(ledger: LedgerReader, stream: string): AsyncGenerator<RecordedEvent> {
  let end = await ledger.last(stream);
  for (let looked = 0; end && looked < RUNS_LOOKED_AT_MAX; looked++) {
    yield end;
    const start = end.envelope.runStart ?? 0;
    end = start > 0 ? await eventAt(ledger, stream, start - 1) : undefined;
  }
}

const keyOf = (tenantId: string, scopeKey: string): string =>
  operationKey(tenantId, 'inventory.sync', { scopeKey });
const streamOf = (tenantId: string, scopeKey: string): string =>
  operationStream(tenantId, keyOf(tenantId, scopeKey));
