import type { EventRegistry } from '../../ledger/event-registry.js';
import type { RunEventRow } from '../hub/run-history.js';

/** What an event says, in the words of the feature that declares it; its JSON stands beside it. */
export const eventWords = (
  events: EventRegistry,
  { type, data, metadata }: Pick<RunEventRow, 'type' | 'data' | 'metadata'>,
): string => events.inWords({ type, data, schemaVersion: Number(metadata.schemaVersion) });

/**
 * What the clock of the process that wrote an event said, where it was wrong and `at` is when the event store recorded
 * it; milliseconds since 1970, undefined for a time to be believed.
 */
export function wrongTimeOf({ at, metadata }: Pick<RunEventRow, 'at' | 'metadata'>): number | undefined {
  const written = Date.parse(String(metadata.clockAt ?? metadata.at ?? ''));
  return written === at ? undefined : written;
}

/** The reason code that an event carries, to be shown beside its words; empty without one. */
export function eventCode({ data }: Pick<RunEventRow, 'data'>): string {
  return typeof data.reasonCode === 'string' ? data.reasonCode : '';
}
