import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { collectUnnamed, markNamed } from '../db/collect-artifacts.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { saveReadPosition, takeDueWork } from '../db/scheduled-work.js';
import type { EventLog, RawEvent } from '../ledger/event-log.js';
import { EVERY_STREAM, parseStream } from '../ledger/streams.js';

const WORK = 'artifact-collection';
const COLLECT_EVERY_MS = 6 * 3_600_000;
/** Number of events after which the named artifacts and the log position are written. */
const WRITE_EVERY_EVENTS = 500;
const ADDRESS = /\b[0-9a-f]{64}\b/g;
const TENANT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/**
 * Removes artifacts that no event names, when this work is due and no other process has taken it. It reads the
 * events since the last time, marks the artifacts that any of them names, and removes the other artifacts when
 * they are a day old. Resolves to the number of removed artifacts, or undefined when the work wasn't due. Errors:
 * LogUnavailableError, those of the database.
 */
export async function collectArtifacts(
  deps: { readonly log: EventLog; readonly primary: Kysely<PrimaryTables>; readonly logger: Logger },
  signal: AbortSignal,
): Promise<number | undefined> {
  const { log, primary, logger } = deps;
  const due = await takeDueWork(primary, WORK, COLLECT_EVERY_MS);
  if (!due) return undefined;
  if (!(await markNewlyNamed(log, primary, due.position, signal))) return undefined;
  const removed = await collectUnnamed(primary, { signal });
  logger.info({ removed }, 'artifacts that no event names were removed');
  return removed;
}

/** Reads the log up to its end at the time of the call; false when the signal aborts before that. */
async function markNewlyNamed(
  log: EventLog,
  primary: Kysely<PrimaryTables>,
  after: number,
  signal: AbortSignal,
): Promise<boolean> {
  const head = await log.head();
  if (head <= after) return true;
  const named = new Map<string, Set<string>>();
  /**
   * The position of the newest event. More events at it may follow, because events of one append may share a position.
   */
  let seenTo = after;
  /** The position up to which every event was read. */
  let wholeTo = after;
  let events = 0;
  const write = async () => {
    for (const [tenantId, addresses] of named) await markNamed(primary, tenantId, [...addresses]);
    named.clear();
    await saveReadPosition(primary, WORK, wholeTo);
  };
  const reading = new AbortController();
  const either = AbortSignal.any([signal, reading.signal]);
  const from = after < 0 ? undefined : after;
  for await (const item of log.subscribe({ after: from, streamPrefixes: EVERY_STREAM, signal: either })) {
    if (item.kind === 'event') {
      if (item.event.position > seenTo) wholeTo = seenTo;
      seenTo = Math.max(seenTo, item.event.position);
      for (const [tenantId, address] of namedIn(item.event))
        named.set(tenantId, (named.get(tenantId) ?? new Set()).add(address));
      events += 1;
      if (events % WRITE_EVERY_EVENTS === 0) await write();
    }
    if (item.kind === 'caught-up' || seenTo > head) break;
  }
  reading.abort();
  if (signal.aborted) return false;
  if (seenTo <= head) wholeTo = Math.max(seenTo, head);
  await write();
  return true;
}

/**
 * The tenant of an event with every text in its data that has the form of an address; other texts match no
 * artifact.
 */
function namedIn(event: RawEvent): readonly (readonly [tenantId: string, address: string])[] {
  const tenantId = TENANT_ID.exec(parseStream(event.stream)?.id ?? '')?.[0];
  const addresses = tenantId ? (JSON.stringify(event.data).match(ADDRESS) ?? []) : [];
  return addresses.map((address) => [tenantId ?? '', address]);
}
