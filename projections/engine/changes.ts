import type { RecordedEvent } from '../../src/ledger/event-registry.js';

/** The channel that every batch is announced on, in its own transaction. */
export const CHANGES_CHANNEL = 'opsledger_changes';

/** PostgreSQL refuses a payload of 8,000 bytes or more. */
const PAYLOAD_BYTES_MAX = 7_900;
/** Runs that a notice names at most; with more, live pages read everything of the tenant again. */
const RUNS_NAMED_MAX = 50;

/** What a batch changed, so that live pages know what to read again. */
export interface ChangeNotice {
  /** The checkpoint after the batch. */
  readonly position: number;
  /** Changed tenants with the ids of their changed runs, `'all'` for too many to name; `'all'` for every tenant. */
  readonly tenants: 'all' | Readonly<Record<string, readonly string[] | 'all'>>;
}

/** The notice of a batch, small enough to be sent. `alsoRuns` names runs that an event changes besides its own. */
export function noticeOf(
  position: number,
  events: readonly RecordedEvent[],
  alsoRuns: (event: RecordedEvent) => readonly string[] = () => [],
): ChangeNotice {
  const byTenant = new Map<string, Set<string>>();
  // A change without a run may be shown on the page of any run.
  const whole = new Set<string>();
  for (const event of events) {
    const { tenantId, runId } = event.envelope;
    if (tenantId === undefined) continue;
    const runs = byTenant.get(tenantId) ?? new Set();
    byTenant.set(tenantId, runs);
    const named = alsoRuns(event);
    if (runId !== undefined) runs.add(runId);
    else if (named.length === 0) whole.add(tenantId);
    for (const run of named) runs.add(run);
  }
  let named = 0;
  const tenants: Record<string, readonly string[] | 'all'> = {};
  for (const [tenantId, runs] of byTenant) {
    named += runs.size;
    tenants[tenantId] = whole.has(tenantId) || named > RUNS_NAMED_MAX ? 'all' : [...runs];
  }
  const notice: ChangeNotice = { position, tenants };
  const fits = Buffer.byteLength(JSON.stringify(notice)) <= PAYLOAD_BYTES_MAX;
  return fits ? notice : { position, tenants: 'all' };
}
