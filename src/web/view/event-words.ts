import type { EventRegistry } from '../../ledger/event-registry.js';
import type { RunEventRow } from '../hub/run-history.js';

/** The description of an event, from the feature that declares it. */
export const eventWords = (
  events: EventRegistry,
  { type, data, metadata }: Pick<RunEventRow, 'type' | 'data' | 'metadata'>,
): string => events.inWords({ type, data, schemaVersion: Number(metadata.schemaVersion) });

/**
 * The time that the writer's clock gave an event, if that clock was wrong; `at` is then the time at which the event
 * store recorded it. Milliseconds since 1970; undefined when the writer's clock was right.
 */
export function writtenTimeIfWrong({
  at,
  metadata,
}: Pick<RunEventRow, 'at' | 'metadata'>): number | undefined {
  const written = Date.parse(String(metadata.clockAt ?? metadata.at ?? ''));
  return written === at ? undefined : written;
}

/** The reason code of an event, to show beside its words; empty when it has none. */
export function eventCode({ data }: Pick<RunEventRow, 'data'>): string {
  return typeof data.reasonCode === 'string' ? data.reasonCode : '';
}
