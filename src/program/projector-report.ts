import { type QueryExecutorProvider, sql } from 'kysely';
import { nextSchemaName } from '../../projections/engine/build-schema.js';
import type { Projection } from '../../projections/engine/projection.js';
import { databaseNowMs, type ProjectorStatusRow } from '../../projections/engine/projector-status-table.js';
import { readSetAside } from '../../projections/engine/set-aside.js';
import type { PartStatus } from '../web/ports/status.js';

/** A projector that lags by less than this counts as up to date. */
const LAG_NOTICED_MS = 5_000;
/** A projector reports at least every two seconds; when there is no report for this long, none is running. */
const SILENT_AFTER_MS = 10_000;

/** The last report of a projector, with the streams that it has set aside. */
export interface ProjectorReport extends ProjectorStatusRow {
  /** Age of the report, milliseconds by the database's clock. */
  readonly silent_ms: number;
  readonly without: Omit<PartStatus, 'state'> | undefined;
}

/** The last report of a projector; undefined before its schema exists. Errors: those of the database. */
export async function readProjectorReport(
  db: QueryExecutorProvider,
  projection: Projection,
): Promise<ProjectorReport | undefined> {
  const schema = projection.schema;
  const known = await sql<{ known: boolean }>`
    select to_regclass(${`${schema}.projector_status`}) is not null as known`.execute(db);
  if (!known.rows[0]?.known) return undefined;
  const { rows } = await sql<ProjectorStatusRow & { silent_ms: number }>`
    select *, greatest(0, ${databaseNowMs} - said_at) as silent_ms from ${sql.id(schema, 'projector_status')}`.execute(
    db,
  );
  const [row] = rows;
  return row && { ...row, without: projection.setsAside ? await withoutWhat(db, schema) : undefined };
}

async function withoutWhat(
  db: QueryExecutorProvider,
  schema: string,
): Promise<Omit<PartStatus, 'state'> | undefined> {
  const { streams, first } = await readSetAside(db, schema);
  if (!first) return undefined;
  const which = streams === 1 ? 'one operation, which waits' : `${streams} operations, which wait`;
  return {
    detail: `goes on without ${which} at an event that this program can’t read`,
    blockedBy: { event: `${first.stream}@${first.revision}`, reason: first.reason },
  };
}

/**
 * Progress of building this program's version of the read models, in percent of the log, while pages have none to
 * read.
 */
export async function readBuild(
  db: QueryExecutorProvider,
  { schema }: Projection,
): Promise<number | undefined> {
  const next = nextSchemaName(schema);
  const found = await sql<{ building: boolean }>`
    select to_regclass(${`${next}.projector_status`}) is not null
      and to_regclass(${`${schema}.projector_status`}) is null as building`.execute(db);
  if (!found.rows[0]?.building) return undefined;
  const { rows } = await sql<{ position: number; building_to: number | null }>`
    select position, building_to from ${sql.id(next, 'projector_status')}`.execute(db);
  const { position = 0, building_to: head = null } = rows[0] ?? {};
  return head === null || head <= 0 ? 0 : Math.min(100, Math.round((position / head) * 100));
}

/** The state of a projector for people. `building` is the progress of a build that pages wait for, in percent. */
export function projectorStatus(
  report: ProjectorReport | undefined,
  building: number | undefined,
): PartStatus {
  if (building !== undefined)
    return {
      state: 'degraded',
      detail: `builds its read models: ${building} % of the log is read; pages show what was there before`,
    };
  if (!report) return down('has not begun yet');
  if (report.paused_reason !== null) {
    if (report.paused_event === null) return down(`is paused: ${report.paused_reason}`);
    const blockedBy = { event: report.paused_event, reason: report.paused_reason };
    return { ...down('is paused at an event that it can’t read'), blockedBy };
  }
  if (report.silent_ms > SILENT_AFTER_MS)
    return down(`has given no sign of life for ${Math.round(report.silent_ms / 1000)} s`);
  if (report.without !== undefined) return { state: 'degraded', ...report.without };
  if (report.caught_up) return { state: 'ok', detail: 'has applied everything' };
  if (report.lag_ms < LAG_NOTICED_MS) return { state: 'ok', detail: 'applies what comes' };
  return { state: 'degraded', detail: `is ${(report.lag_ms / 1000).toFixed(1)} s behind` };
}

const down = (detail: string): PartStatus => ({ state: 'down', detail });
