import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely';
import type { ActiveRun, ActiveRuns } from '../../src/dispatch/active-runs.js';
import { isEvent } from '../../src/ledger/event-registry.js';
import {
  RunAborted,
  RunCompleted,
  RunFailed,
  RunQueued,
  RunReleased,
  RunStarted,
} from '../../src/runs/run-events.js';
import { bigint, integer, nullable, text, uuid } from '../engine/columns.js';
import { defineModel } from '../engine/model.js';
import { defineProjection } from '../engine/projection.js';
import { setAsideTable } from '../engine/set-aside.js';
import { defineTable, type RowOf } from '../engine/table.js';
import { runOf } from '../hub/event-facts.js';

export const activeRunsTable = defineTable({
  name: 'active_runs',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    type: text(),
    correlation_id: text(),
    state: text<'pending' | 'running'>(),
    attempt: integer(),
    worker: nullable(text()),
    position: bigint(),
  },
  key: ['run_id'],
  indexes: ['(position)'],
  access: 'nobody',
});

export type ActiveRunRow = RowOf<typeof activeRunsTable>;

export const activeRuns = defineModel({
  table: activeRunsTable,
  wants: [RunQueued, RunStarted, RunReleased, RunCompleted, RunFailed, RunAborted],
  keys: (event) => (isEvent(event, RunQueued) ? [] : [{ run_id: runOf(event).run_id }]),
  fold(event, rows) {
    const { tenant_id, run_id } = runOf(event);
    if (isEvent(event, RunQueued)) {
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
      return;
    }
    const row = rows.get({ run_id });
    if (!row) return;
    if (isEvent(event, RunStarted)) {
      const { attempt, worker } = event.data;
      rows.put({ ...row, state: 'running', attempt, worker });
    } else if (isEvent(event, RunReleased)) rows.put({ ...row, state: 'pending', worker: null });
    else rows.delete({ run_id });
  },
});

/**
 * The runs that haven't ended, for the dispatcher and the watchdog. They have a projection of their own, so that lost
 * runs are still found while an event stops the hub's models.
 */
export const dispatchProjection = defineProjection({
  name: 'dispatch',
  models: [activeRuns],
  tables: [setAsideTable],
  // The dispatcher and the watchdog ignore runs this young, and most runs end before their first row is written.
  batchEveryMs: 500,
  isAnnounced: false,
  opens: (event) => (isEvent(event, RunQueued) ? event.envelope.runId : undefined),
  setsAside: (stream) => stream.startsWith('operation-'),
});

const SCHEMA = dispatchProjection.schema;

/** The active runs, read from this projection's rows. `known` says whether a projector has built the rows yet. */
export function createActiveRuns(db: QueryExecutorProvider): ActiveRuns {
  async function read(where: RawBuilder<unknown>, limit: number): Promise<readonly ActiveRun[]> {
    const { rows } = await sql<ActiveRunRow>`
      select * from ${sql.id(SCHEMA, 'active_runs')} where ${where} order by position limit ${limit}`.execute(
      db,
    );
    return rows.map(toActiveRun);
  }
  return {
    async known() {
      const { rows } = await sql<{ known: boolean }>`
        select to_regclass(${`${SCHEMA}.active_runs`}) is not null as known`.execute(db);
      return rows[0]?.known ?? false;
    },
    page: (after, limit) => read(sql`position > ${after}`, limit),
    takeoverCandidates: (after, limit) => read(sql`position > ${after} and state = 'running'`, limit),
  };
}

/** Converts a row to the form that the dispatcher and the watchdog use. */
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
