import type { EventLog } from '../../src/ledger/event-log.js';
import { LEDGER_STREAM } from '../../src/ledger/streams.js';
import type { CheckpointRow } from './checkpoint.js';
import { ForeignRowsError } from './failures.js';
import type { Projection } from './projection.js';

/**
 * Checks that a schema's rows were made from this log, because applying one log's events to another's rows would mix
 * two histories unnoticed. Throws ForeignRowsError when they were not.
 */
export async function assertRowsBelong(
  log: EventLog,
  checkpoint: CheckpointRow,
  projection: Projection,
): Promise<void> {
  const { schema } = projection;
  if (checkpoint.event_position < 0) return;
  const ledgerId = await ledgerIdOf(log);
  if (checkpoint.ledger_id !== '' && checkpoint.ledger_id !== ledgerId)
    throw new ForeignRowsError(
      `The rows of ${schema} come from ledger ${checkpoint.ledger_id}, and the event store holds ${ledgerId ?? 'no ledger'}. Point the program at the event store that belongs to this database, or drop the schema to build it anew.`,
    );
  const head = await log.head();
  if (head < checkpoint.event_position)
    throw new ForeignRowsError(
      `The rows of ${schema} go up to position ${checkpoint.event_position}, and the log ends at ${head}: it was restored from an older copy. Restore both from one moment, or drop the schema to build it anew.`,
    );
}

async function ledgerIdOf(log: EventLog): Promise<string | undefined> {
  for await (const { data } of log.read(LEDGER_STREAM, { maxCount: 1 }))
    if (typeof data === 'object' && data !== null && 'ledgerId' in data) return String(data.ledgerId);
  return undefined;
}
