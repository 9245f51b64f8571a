import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { DamagedEventError } from '../../src/ledger/event-registry.js';
import { parseStream } from '../../src/ledger/streams.js';

/** When an event happened, milliseconds since 1970. */
export const timeOf = (event: RecordedEvent): number => Date.parse(event.envelope.at);

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

/** What stands after the tenant in `<category>-<tenant>.<subject>`. Throws DamagedEventError without it. */
export function subjectOf(event: RecordedEvent): string {
  const id = parseStream(event.stream)?.id ?? '';
  const dot = id.indexOf('.');
  if (dot < 0) throw new DamagedEventError(event.raw, 'its stream names no subject');
  return id.slice(dot + 1);
}
