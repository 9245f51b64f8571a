import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { DamagedEventError } from '../../src/ledger/event-registry.js';
import { parseStream } from '../../src/ledger/streams.js';

/** How far an event's own time may be after its recording; beyond that the writer's clock is wrong, milliseconds. */
const CLOCK_AHEAD_MAX_MS = 60_000;

/**
 * When an event happened, milliseconds since 1970: the writer's time, or the event store's where the writer's clock
 * was far ahead.
 */
export const timeOf = (event: RecordedEvent): number =>
  correctedTime(event) ?? Date.parse(event.envelope.clockAt ?? event.envelope.at);

/** The time that a wrong clock gave an event, and when the event store recorded it, milliseconds since 1970. */
export interface WrongTime {
  readonly written: number;
  readonly recorded: number;
}

/** The time of an event whose writer's clock was far ahead; null when its own time is right. */
export function wrongTimeOf(event: RecordedEvent): WrongTime | null {
  const recorded = correctedTime(event);
  return recorded === null ? null : { written: Date.parse(event.envelope.at), recorded };
}

/** When the event store recorded an event whose own time is wrong; null when its own time is right. */
function correctedTime({ envelope, raw }: RecordedEvent): number | null {
  const { recordedAt } = raw;
  const isWrong = recordedAt !== undefined && Date.parse(envelope.at) - recordedAt > CLOCK_AHEAD_MAX_MS;
  return isWrong && envelope.clockAt === undefined ? recordedAt : null;
}

/** The tenant that an event belongs to. Throws DamagedEventError without one. */
export function tenantOf(event: RecordedEvent): string {
  const { tenantId } = event.envelope;
  if (tenantId === undefined) throw new DamagedEventError(event.raw, 'it belongs to no tenant');
  return tenantId;
}

/** The run that an event of an operation's stream belongs to. Throws DamagedEventError without one. */
export function runOf(event: RecordedEvent): { tenant_id: string; run_id: string } {
  const { runId } = event.envelope;
  if (runId === undefined) throw new DamagedEventError(event.raw, 'it belongs to no run');
  return { tenant_id: tenantOf(event), run_id: runId };
}

/** The part after the tenant in `<category>-<tenant>.<subject>`. Throws DamagedEventError without it. */
export function subjectOf(event: RecordedEvent): string {
  const id = parseStream(event.stream)?.id ?? '';
  const dot = id.indexOf('.');
  if (dot < 0) throw new DamagedEventError(event.raw, 'its stream names no subject');
  return id.slice(dot + 1);
}
