import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely';
import type { ActiveRun, ActiveRuns } from '../../src/dispatch/active-runs.js';
import { isEvent, type RecordedEvent } from '../../src/ledger/event-registry.js';
import { LIFECYCLE_EVENTS } from '../../src/runs/run-events.js';
import { type Projection, schemaOf } from '../engine/projection.js';
import { createRowSet, type RowSet } from '../engine/row-set.js';
import { loadWanted, type ProjectionTransaction, writeChanges } from '../engine/row-store.js';
import { setAsideTable } from '../engine/set-aside.js';
import { defineTable } from '../engine/table.js';
import { isRunEvent, runOf } from '../hub/event-facts.js';

export interface ActiveRunRow {
  tenant_id: string;
  run_id: string;
  type: string;
  correlation_id: string;
  state: 'pending' | 'running';
  attempt: number;
  worker: string | null;
  position: number;
}

export const activeRunsTable = defineTable<ActiveRunRow>({
  name: 'active_runs',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    type: 'text not null',
    correlation_id: 'text not null',
    state: 'text not null',
    attempt: 'integer not null',
    worker: 'text null',
    position: 'bigint not null',
  },
  key: ['run_id'],
  indexes: ['(position)'],
  access: 'nobody',
});

/**
 * The runs that haven't ended, for the dispatcher and the watchdog. Apart from the hub's models, so that an event
 * that stops those doesn't keep lost runs from being found.
 */
export const dispatchProjection: Projection = {
  name: 'dispatch',
  version: 2,
  streamPrefixes: ['ledger-', 'operation-'],
  // Nobody asks for runs this young, and most end before their first row is written.
  batchEveryMs: 500,
  tables: [activeRunsTable, setAsideTable],
  setsAside: (stream) => stream.startsWith('operation-'),
  apply,
};

async function apply(events: readonly RecordedEvent[], tx: ProjectionTransaction): Promise<void> {
  const rows = createRowSet(activeRunsTable);
  const ofRuns = events.filter(isRunEvent);
  for (const event of ofRuns) rows.want({ run_id: runOf(event).run_id });
  await loadWanted(tx, [rows]);
  foldActiveRuns(rows, ofRuns);
  await writeChanges(tx, [rows]);
}

/** Folds events of runs, in order, into rows that hold every run they are about as far as it is known. */
export function foldActiveRuns(rows: RowSet<ActiveRunRow>, events: readonly RecordedEvent[]): void {
  for (const event of events) {
    const { tenant_id, run_id } = runOf(event);
    if (!isEvent(event, ...LIFECYCLE_EVENTS)) continue;
    const row = rows.get({ run_id });
    switch (event.type) {
      case 'RunQueued':
        rows.put({
          tenant_id,
          run_id,
          type: event.data.type,
          correlation_id: event.envelope.$correlationId,
          state: 'pending',
          attempt: 0,
          worker: null,
          position: event.position,
        });
        break;
      case 'RunStarted':
        if (row)
          rows.put({ ...row, state: 'running', attempt: event.data.attempt, worker: event.data.worker });
        break;
      case 'RunReleased':
        if (row) rows.put({ ...row, state: 'pending', worker: null });
        break;
      case 'RunCompleted':
      case 'RunFailed':
      case 'RunAborted':
        rows.delete({ run_id });
        break;
    }
  }
}

const SCHEMA = schemaOf(dispatchProjection);

/** The active runs as this projection has them. */
export function createActiveRuns(db: QueryExecutorProvider): ActiveRuns {
  async function read(where: RawBuilder<unknown>, limit: number): Promise<readonly ActiveRun[]> {
    // Before a projector ran for the first time nothing is known, which is no error of whoever asks.
    const known = await sql<{ known: boolean }>`
      select to_regclass(${`${SCHEMA}.active_runs`}) is not null as known`.execute(db);
    if (!known.rows[0]?.known) return [];
    const { rows } = await sql<ActiveRunRow>`
      select * from ${sql.id(SCHEMA, 'active_runs')} where ${where} order by position limit ${limit}`.execute(
      db,
    );
    return rows.map(toActiveRun);
  }
  return {
    page: (after, limit) => read(sql`position > ${after}`, limit),
    losablePage: (after, limit, waitingOf) =>
      read(sql`position > ${after} and (state = 'running' or type = any(${waitingOf}::text[]))`, limit),
  };
}

/** A row as the dispatcher and the watchdog take it. */
export function toActiveRun(row: ActiveRunRow): ActiveRun {
  return {
    tenantId: row.tenant_id,
    runId: row.run_id,
    type: row.type,
    correlationId: row.correlation_id,
    state: row.state,
    attempt: row.attempt,
    worker: row.worker,
    position: row.position,
  };
}
