import { type QueryExecutorProvider, sql } from 'kysely';
import type { Logger } from 'pino';
import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import { besideName } from '../../projections/engine/build-schema.js';
import type { Projection } from '../../projections/engine/projection.js';
import { databaseNowMs, type ProjectorStatusRow } from '../../projections/engine/projector-status-table.js';
import { readSetAside } from '../../projections/engine/set-aside.js';
import type { CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { type ClockDifference, clockInWords, measureClock } from '../db/clock-difference.js';
import { type DatabaseTrouble, DatabaseUnavailableError } from '../db/database-trouble.js';
import type { EventLog } from '../ledger/event-log.js';
import type { HeardPart, PartSigns } from '../liveness/part-signs.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import { Periodic } from '../timing/periodic.js';
import type { PartStatus, SystemStatus } from '../web/ports.js';
import { heardParts } from './heard-parts.js';

const LOOK_EVERY_MS = 1_000;
/** A projector that is behind for less is at work, not in trouble. */
const LAG_NOTICED_MS = 5_000;
/** A projector says something at least every two seconds; silence for longer means that none runs. */
const PROJECTOR_SILENT_AFTER_MS = 10_000;

const DATABASE_STATES: Readonly<Record<DatabaseTrouble, string>> = {
  away: 'does not answer',
  starting: 'is starting or stopping',
  'connections-taken': 'has no connection free',
  'disk-full': 'has no room left on its disk',
  'read-only': 'is read-only, as a standby is',
  'too-slow': 'takes too long to answer',
};

const ok = (detail: string): PartStatus => ({ state: 'ok', detail });
const degraded = (detail: string): PartStatus => ({ state: 'degraded', detail });
const down = (detail: string): PartStatus => ({ state: 'down', detail });

/** What every process can say of the system's parts, looked at once a second and answered from memory. */
export function createSystemStatus(deps: {
  /** The projection that pages read. */
  readonly hub: Projection;
  readonly log: EventLog;
  readonly db: QueryExecutorProvider;
  readonly bus: CommandBus;
  readonly directory: TenantDirectory;
  readonly signs: PartSigns;
  /** The types that workers of this program carry out. */
  readonly workerTypes: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}): {
  readonly looking: Periodic;
  status(): SystemStatus;
  /** PostgreSQL's clock minus this machine's, seconds; undefined before it is known. */
  clockDifferenceSeconds(): number | undefined;
} {
  const { log, db, bus, directory, clock } = deps;
  const projections = [deps.hub, dispatchProjection];
  let headPosition: number | null = null;
  let store = ok('not looked at yet');
  let database = ok('not looked at yet');
  let projectors: readonly ProjectorWord[] = [];
  let heard: readonly HeardPart[] = [];
  let clockDifference: ClockDifference | undefined;
  /** Percent of the log that is in read models which are being built, by projection. */
  let builds: ReadonlyMap<string, number> = new Map();

  async function look(): Promise<void> {
    await Promise.all([lookAtStore(), lookAtDatabase()]);
  }

  async function lookAtStore(): Promise<void> {
    try {
      headPosition = await log.head();
      const refusal = log.refusal();
      store = refusal === undefined ? ok('answers') : down(`answers, but takes no events: ${refusal}`);
    } catch {
      store = down('does not answer');
    }
  }

  async function lookAtDatabase(): Promise<void> {
    try {
      const rows = await Promise.all(projections.map((projection) => readWord(db, projection)));
      projectors = rows.flatMap((row) => row ?? []);
      heard = await deps.signs.heard();
      clockDifference = await measureClock(db, clock);
      builds = await readBuilds(db, projections);
      const { rows: standby } = await sql<{ read_only: boolean }>`
        select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only`.execute(
        db,
      );
      database = standby[0]?.read_only ? down('is read-only, as a standby is') : ok('answers');
    } catch (error) {
      database = down(
        error instanceof DatabaseUnavailableError ? DATABASE_STATES[error.trouble] : 'does not answer',
      );
    }
  }

  function projectorPart(name: string): PartStatus {
    const row = projectors.find(({ projection }) => projection === name);
    const building = builds.get(name);
    if (building !== undefined)
      return degraded(
        `builds its read models: ${building} % of the log is read; pages show what was there before`,
      );
    if (!row) return down('has not begun yet');
    if (row.paused_reason !== null) {
      if (row.paused_event === null) return down(`is paused: ${row.paused_reason}`);
      const blockedBy = { event: row.paused_event, reason: row.paused_reason };
      return { ...down('is paused at an event that it can’t read'), blockedBy };
    }
    if (row.silent_ms > PROJECTOR_SILENT_AFTER_MS)
      return down(`has not been heard of for ${Math.round(row.silent_ms / 1000)} s`);
    if (row.without !== undefined) return { state: 'degraded', ...row.without };
    if (row.caught_up) return ok('has applied everything');
    if (row.lag_ms < LAG_NOTICED_MS) return ok('applies what comes');
    return { state: 'degraded', detail: `is ${(row.lag_ms / 1000).toFixed(1)} s behind` };
  }

  function status(): SystemStatus {
    const hub = projectors.find(({ projection }) => projection === deps.hub.name);
    const health = bus.health();
    return {
      headPosition,
      building: buildingOf(builds.get(deps.hub.name)),
      lagSeconds: hub ? hub.lag_ms / 1000 : null,
      parts: {
        'event store': store,
        PostgreSQL: database,
        'this machine’s clock': clockPart(clockDifference),
        'command bus': health.ok ? ok(health.detail) : down(health.detail),
        'hub projector': projectorPart(deps.hub.name),
        'dispatch projector': projectorPart(dispatchProjection.name),
        ...heardParts(heard, deps.workerTypes),
        'tenant directory': directory.trouble ? down(directory.trouble) : ok('follows the log'),
      },
    };
  }

  return {
    looking: new Periodic('system status', LOOK_EVERY_MS, look, deps),
    status,
    clockDifferenceSeconds: () => clockDifference && clockDifference.differenceMs / 1000,
  };
}

/** A clock that is wrong makes times wrong and stops nothing here, so it is no reason to turn people away. */
function clockPart(difference: ClockDifference | undefined): PartStatus {
  if (!difference) return ok('not looked at yet');
  const { state, words } = clockInWords(difference);
  return state === 'ok' ? ok(words) : { state: 'degraded', detail: words };
}

const buildingOf = (percent: number | undefined): SystemStatus['building'] =>
  percent === undefined ? null : { percent };

/** How far the builds of this program's versions are, in percent of the log, where there are no rows yet. */
async function readBuilds(
  db: QueryExecutorProvider,
  projections: readonly Projection[],
): Promise<ReadonlyMap<string, number>> {
  const builds = new Map<string, number>();
  for (const { name, schema } of projections) {
    const beside = besideName(schema);
    const found = await sql<{ building: boolean }>`
      select to_regclass(${`${beside}.projector_status`}) is not null
        and to_regclass(${`${schema}.projector_status`}) is null as building`.execute(db);
    if (!found.rows[0]?.building) continue;
    const { rows } = await sql<{ position: number; building_to: number | null }>`
      select position, building_to from ${sql.id(beside, 'projector_status')}`.execute(db);
    const { position = 0, building_to: head = null } = rows[0] ?? {};
    builds.set(name, head === null || head <= 0 ? 0 : Math.min(100, Math.round((position / head) * 100)));
  }
  return builds;
}

/** What a projector last said of itself, and what it goes on without. */
interface ProjectorWord extends ProjectorStatusRow {
  /** How long ago it said so, milliseconds by the database's clock. */
  readonly silent_ms: number;
  readonly without: Omit<PartStatus, 'state'> | undefined;
}

/** Undefined before its schema exists. */
async function readWord(
  db: QueryExecutorProvider,
  projection: Projection,
): Promise<ProjectorWord | undefined> {
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
