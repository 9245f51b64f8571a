import { type QueryExecutorProvider, sql } from 'kysely';
import type { Logger } from 'pino';
import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import type { Projection } from '../../projections/engine/projection.js';
import type { CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { type DatabaseTrouble, DatabaseUnavailableError } from '../db/database-trouble.js';
import type { RecentTroubles } from '../db/recent-troubles.js';
import { type EventLog, LogUnavailableError } from '../ledger/event-log.js';
import type { LastPartReport, PartReports } from '../liveness/part-reports.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { PartStatus, SystemStatus } from '../web/ports/status.js';
import { CERTIFICATE_WORDS } from '../wording/certificate-trouble.js';
import type { ClockDifferences } from './clock-differences.js';
import { listWorkers, partStates } from './part-states.js';
import { type ProjectorReport, projectorStatus, readBuild, readProjectorReport } from './projector-report.js';
import { createServerCheck } from './server-check.js';

const DATABASE_STATES: Readonly<Record<DatabaseTrouble, string>> = {
  away: 'does not answer',
  starting: 'is starting or stopping',
  closed: 'takes no connections: an administrator has closed it',
  'files-taken': 'can’t be reached: the program has no file left for a connection (LimitNOFILE)',
  'connections-taken': 'has no connection free',
  'disk-full': 'has no room left on its disk',
  'memory-full': 'has no memory left',
  'limit-reached': 'has reached a limit of its configuration',
  damaged: 'says that its files are damaged or missing (look at its log; restore a backup if it stays so)',
  'read-only': 'is read-only, as a standby is',
  'login-refused': 'refuses the program’s login',
  'without-tls': 'speaks no TLS',
  'certificate-not-trusted': `has a certificate that ${CERTIFICATE_WORDS['not-trusted']}`,
  'certificate-for-another-name': `has a certificate that ${CERTIFICATE_WORDS['for-another-name']}`,
  'certificate-expired': `has a certificate that ${CERTIFICATE_WORDS.expired}`,
  'certificate-not-yet-valid': `has a certificate that ${CERTIFICATE_WORDS['not-yet-valid']}`,
  'too-slow': 'takes too long to answer',
};

/** What an error says about the database. */
const databaseState = (error: unknown): string =>
  DATABASE_STATES[error instanceof DatabaseUnavailableError ? error.trouble : 'away'];

const ok = (detail: string): PartStatus => ({ state: 'ok', detail });
const down = (detail: string): PartStatus => ({ state: 'down', detail });

export interface SystemStatusDependencies {
  /** The projection that pages read. */
  readonly hub: Projection;
  readonly log: EventLog;
  readonly db: QueryExecutorProvider;
  /** Asks over the connections that pages read with. Errors: those of the database. */
  readonly askAsHub: () => Promise<unknown>;
  /** The variable with the address of those connections. */
  readonly hubVariable: string;
  readonly troubles: RecentTroubles;
  readonly bus: CommandBus;
  readonly directory: Pick<TenantDirectory, 'trouble'>;
  readonly partReports: PartReports;
  readonly clocks: Pick<ClockDifferences, 'words'>;
  /** The types that this program's workers carry out. */
  readonly workerTypes: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The state of the system's parts; they are checked once a second, and the result is returned from memory. */
export function createSystemStatus(deps: SystemStatusDependencies): {
  start(): void;
  stop(): Promise<void>;
  status(): SystemStatus;
} {
  const { log, db, bus, directory } = deps;
  const projections = [deps.hub, dispatchProjection];
  let headPosition: number | null = null;
  let projectorReports: readonly ProjectorReport[] = [];
  let partReports: readonly LastPartReport[] = [];
  /** Progress of read models that are being built, in percent of the log, by projection. */
  let builds: ReadonlyMap<string, number | undefined> = new Map();

  async function checkStore(): Promise<PartStatus> {
    try {
      headPosition = await log.head();
      const refusal = log.refusal();
      return refusal === undefined ? ok('answers') : down(`answers, but takes no events: ${refusal}`);
    } catch (error) {
      const reason = error instanceof LogUnavailableError ? error.reason : undefined;
      return down(reason === undefined ? 'does not answer' : `can’t be reached: ${reason}`);
    }
  }

  async function checkDatabase(): Promise<PartStatus> {
    try {
      const rows = await Promise.all(projections.map((projection) => readProjectorReport(db, projection)));
      projectorReports = rows.flatMap((row) => row ?? []);
      partReports = await deps.partReports.list();
      builds = new Map(
        await Promise.all(
          projections.map(async (projection) => [projection.name, await readBuild(db, projection)] as const),
        ),
      );
      const { rows: standby } = await sql<{ read_only: boolean }>`
        select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only`.execute(
        db,
      );
      const trouble = standby[0]?.read_only ? 'read-only' : deps.troubles.latest();
      if (trouble) return down(DATABASE_STATES[trouble]);
    } catch (error) {
      return down(databaseState(error));
    }
    try {
      await deps.askAsHub();
      return ok('answers');
    } catch (error) {
      return down(`${databaseState(error)}, for the login that pages read with (${deps.hubVariable})`);
    }
  }

  const store = createServerCheck('look at the event store', checkStore, deps);
  const database = createServerCheck('look at PostgreSQL', checkDatabase, deps);
  const reportOf = (name: string) => projectorReports.find(({ projection }) => projection === name);
  const projectorPart = (name: string) => projectorStatus(reportOf(name), builds.get(name));

  function status(): SystemStatus {
    const lagMs = reportOf(deps.hub.name)?.lag_ms;
    const percent = builds.get(deps.hub.name);
    const health = bus.health();
    return {
      headPosition,
      databaseIsSilent: database.isFrozen(),
      building: percent === undefined ? null : { percent },
      lagSeconds: lagMs === undefined ? null : lagMs / 1000,
      parts: {
        'event store': store.status(),
        PostgreSQL: database.status(),
        'this machine’s clock': clockPart(deps.clocks),
        'command bus': health.ok ? ok(health.detail) : down(health.detail),
        'hub projector': projectorPart(deps.hub.name),
        'dispatch projector': projectorPart(dispatchProjection.name),
        ...partStates(partReports, deps.workerTypes),
        'tenant directory': directory.trouble ? down(directory.trouble) : ok('follows the log'),
      },
      workers: listWorkers(partReports),
    };
  }

  return {
    start() {
      store.checking.start();
      database.checking.start();
    },
    async stop() {
      await Promise.all([store.checking.stop(), database.checking.stop()]);
    },
    status,
  };
}

/** A wrong clock only degrades the system: times are wrong or starts are refused, but pages can still be read. */
function clockPart(clocks: Pick<ClockDifferences, 'words'>): PartStatus {
  const known = clocks.words();
  if (!known) return ok('not checked yet');
  return known.state === 'ok' ? ok(known.words) : { state: 'degraded', detail: known.words };
}
