import { mkdir, statfs } from 'node:fs/promises';
import { type Kysely, sql } from 'kysely';
import { connect } from 'nats';
import type { Logger } from 'pino';
import { natsConnectionOptions, unreachableText } from '../bus/nats/nats-link.js';
import { mayPublish } from '../bus/nats/permission-probe.js';
import { PERMISSION_REFUSED } from '../bus/nats/refusals.js';
import { BUS_NAMES } from '../bus/nats/subjects.js';
import type { Clock, ClockOffset } from '../clock.js';
import type { Config } from '../config.js';
import { measureClock } from '../db/clock-difference.js';
import { PoolerRefusalError } from '../db/database-trouble.js';
import { assertHubRole } from '../db/hub-role-check.js';
import { boundLedger, foreignLogText } from '../db/ledger-identity.js';
import { assertSettingsKept, createHubPool, createWriterPool } from '../db/pools.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { assertSameDatabase } from '../db/same-database.js';
import { assertMasterKey, WrongMasterKeyError } from '../db/tenant-keyring.js';
import { HistoryChangedError, LogUnavailableError } from '../ledger/event-log.js';
import { createEventStoreLog } from '../ledger/event-store-log.js';
import { errorMessage } from '../wording/error-message.js';
import { clockInWords, type ServerWithClock } from './clock-differences.js';
import { checkEmbeddedStore } from './embedded-store-check.js';
import { historyMemory } from './history-memory.js';
import { masterKeyOf } from './infrastructure.js';
import { emptyLogText, ledgerIdIn } from './ledger-identity.js';
import { natsSettingsOf } from './nats-settings.js';

/** One result of checking a part. */
export interface CheckResult {
  readonly part: string;
  readonly state: 'ok' | 'warning' | 'wrong';
  /** Facts about the part, or what is wrong and what to do. */
  readonly detail: string;
}

export interface DoctorDependencies {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CHECK_WITHIN_MS = 10_000;
const POSTGRES_VERSION_MIN = 16;
const NATS_VERSION_MIN = [2, 9] as const;
const DISK_FREE_MIN = 1024 ** 3;
/** Most connections of one process of each role together. */
const CONNECTIONS_OF_A_SET = 50;

type Check = (deps: DoctorDependencies) => Promise<readonly CheckResult[]>;

/**
 * Checks everything that the configuration names. Each part is checked independently of the others, within ten
 * seconds.
 */
export async function examine(deps: DoctorDependencies): Promise<readonly CheckResult[]> {
  const checks: readonly (readonly [string, Check])[] = [
    ['Node.js', checkNode],
    ['data folder', checkDataFolder],
    ['PostgreSQL', checkDatabase],
    ['hub’s database login', checkHubLogin],
    ['event store', checkEventStore],
    ['ledger', checkLedger],
    ['NATS', checkNats],
  ];
  return (await Promise.all(checks.map(([part, check]) => within(part, check(deps), deps)))).flat();
}

async function within(
  part: string,
  check: Promise<readonly CheckResult[]>,
  { clock }: DoctorDependencies,
): Promise<readonly CheckResult[]> {
  const over = new AbortController();
  const late = clock
    .sleep(CHECK_WITHIN_MS, over.signal)
    .then(() => [
      wrong(
        part,
        `does not answer within ${CHECK_WITHIN_MS / 1000} s: check the address, and whether a firewall blocks the way to it`,
      ),
    ]);
  try {
    return await Promise.race([check, late]);
  } catch (error) {
    return [wrong(part, errorMessage(error))];
  } finally {
    over.abort();
  }
}

const ok = (part: string, detail: string): CheckResult => ({ part, state: 'ok', detail });
const warning = (part: string, detail: string): CheckResult => ({ part, state: 'warning', detail });
const wrong = (part: string, detail: string): CheckResult => ({ part, state: 'wrong', detail });

/** Adds the variable with a server's address to what keeps it from being used. */
async function saying(variable: string, use: () => Promise<unknown>): Promise<void> {
  try {
    await use();
  } catch (error) {
    const words = errorMessage(error);
    if (error instanceof PoolerRefusalError) throw error;
    throw new Error(`${words.replace(/\.$/, '')}: mend that at the server, or correct ${variable}`, {
      cause: error,
    });
  }
}

async function checkNode(): Promise<readonly CheckResult[]> {
  return [ok('Node.js', process.version)];
}

async function checkDataFolder({ config }: DoctorDependencies): Promise<readonly CheckResult[]> {
  const part = 'data folder';
  if (config.DATABASE_URL && config.EVENTSTORE_URL)
    return [ok(part, 'is not used: both servers are configured')];
  const folder = config.OPSLEDGER_DATA;
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const gigabytes = (free / 1024 ** 3).toFixed(1);
  return free < DISK_FREE_MIN
    ? [wrong(part, `${folder} has ${gigabytes} GB free: make room before the log can't be written`)]
    : [ok(part, `${folder}, ${gigabytes} GB free`)];
}

async function checkDatabase({ config, clock, logger }: DoctorDependencies): Promise<readonly CheckResult[]> {
  const part = 'PostgreSQL';
  const url = config.DATABASE_URL;
  if (!url) return [ok(part, 'embedded, since DATABASE_URL is not set')];
  const behindPooler = config.DATABASE_SESSION_URL !== undefined;
  const db = createWriterPool<PrimaryTables>(url, { logger, behindPooler, connectionsMax: 1 });
  const session = createWriterPool<PrimaryTables>(config.DATABASE_SESSION_URL ?? url, {
    logger,
    connectionsMax: 1,
  });
  try {
    await saying(config.DATABASE_SESSION_URL ? 'DATABASE_SESSION_URL' : 'DATABASE_URL', () =>
      assertSettingsKept(session),
    );
    await saying('DATABASE_URL', () => assertSettingsKept(db));
    await assertSameDatabase(db, session, 'DATABASE_SESSION_URL');
    const server = await serverFindings(part, session);
    // Older servers don't understand the questions about roles.
    if (server.isTooOld) return server.findings;
    return [
      ...server.findings,
      clockFinding(part, 'PostgreSQL', await measureClock(session, clock)),
      ...(await roleFindings(part, session)),
      await keyFinding(db, config),
    ];
  } finally {
    await Promise.all([db.destroy(), session.destroy()]);
  }
}

async function serverFindings(
  part: string,
  db: Kysely<PrimaryTables>,
): Promise<{ readonly findings: readonly CheckResult[]; readonly isTooOld: boolean }> {
  const { rows } = await sql<{
    version: string;
    read_only: boolean;
    most: number;
    used: number;
    megabytes: number;
  }>`
    select current_setting('server_version') as version,
      pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only,
      current_setting('max_connections')::int as most,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
      (pg_database_size(current_database()) / 1048576)::int as megabytes`.execute(db);
  const [server] = rows;
  if (!server)
    return {
      findings: [wrong(part, 'did not answer a query for its version and settings')],
      isTooOld: false,
    };
  const { version, read_only: readOnly, most, used, megabytes } = server;
  const findings: CheckResult[] = [ok(part, `version ${version}, the database has ${megabytes} MB`)];
  const isTooOld = Number.parseInt(version, 10) < POSTGRES_VERSION_MIN;
  if (isTooOld)
    findings.push(
      wrong(part, `version ${version} is too old: update it to ${POSTGRES_VERSION_MIN} or newer`),
    );
  if (readOnly)
    findings.push(wrong(part, 'is read-only, as a standby is: point DATABASE_URL at the primary'));
  findings.push(
    most - used < CONNECTIONS_OF_A_SET
      ? warning(part, `${used} of ${most} connections are taken: raise max_connections or use a pooler`)
      : ok(part, `${used} of ${most} connections are taken`),
  );
  return { findings, isTooOld };
}

function clockFinding(part: string, server: ServerWithClock, offset: ClockOffset): CheckResult {
  const { state, words } = clockInWords(server, offset);
  const detail = `this machine’s clock ${words}`;
  if (state === 'wrong') return wrong(part, detail);
  return state === 'noticed' ? warning(part, detail) : ok(part, detail);
}

async function roleFindings(part: string, db: Kysely<PrimaryTables>): Promise<readonly CheckResult[]> {
  const { rows } = await sql<{
    login: string;
    superuser: boolean;
    makes_roles: boolean;
    hub: boolean;
    member: boolean;
    creates: boolean;
  }>`
    select current_user as login, rolsuper as superuser, rolcreaterole or rolsuper as makes_roles,
      exists (select from pg_roles where rolname = 'opsledger_hub') as hub,
      coalesce((select pg_has_role(current_user, oid, 'SET') from pg_roles where rolname = 'opsledger_hub'), false)
        as member,
      has_database_privilege(current_database(), 'CREATE') as creates
    from pg_roles where rolname = current_user`.execute(db);
  const [role] = rows;
  if (!role) return [wrong(part, 'knows no role for its own login')];
  const findings: CheckResult[] = [];
  if (!role.creates)
    findings.push(wrong(part, `the login ${role.login} can't create schemas: make it the database's owner`));
  if (!role.member && !role.makes_roles)
    findings.push(
      wrong(
        part,
        `the login ${role.login} can't take on the hub's role: have an administrator run ` +
          `"${role.hub ? '' : 'create role opsledger_hub; '}grant opsledger_hub to ${role.login} with inherit false, set true"`,
      ),
    );
  if (role.superuser)
    findings.push(
      warning(part, `the login ${role.login} is a superuser: one that owns the database is enough`),
    );
  return findings.length > 0 ? findings : [ok(part, `the login ${role.login} has the rights it needs`)];
}

async function keyFinding(db: Kysely<PrimaryTables>, config: Config): Promise<CheckResult> {
  const part = 'master key';
  const key = await masterKeyOf(config);
  const { rows } = await sql<{ migrated: boolean }>`
    select to_regclass('opsledger.tenant_keys') is not null as migrated`.execute(db);
  if (!rows[0]?.migrated)
    return warning(part, `${key.id}; the database is empty, “opsledger migrate” sets it up`);
  try {
    await assertMasterKey(db, key);
  } catch (error) {
    if (error instanceof WrongMasterKeyError) return wrong(part, error.message);
    throw error;
  }
  return ok(part, `${key.id} is the one that the tenants’ keys are wrapped under`);
}

async function checkHubLogin({ config, logger }: DoctorDependencies): Promise<readonly CheckResult[]> {
  const part = 'hub’s database login';
  const url = config.HUB_DATABASE_URL;
  if (!url) return [];
  const behindPooler = config.DATABASE_SESSION_URL !== undefined;
  const hub = createHubPool(url, { logger, behindPooler, connectionsMax: 1 });
  const db = createWriterPool<PrimaryTables>(config.DATABASE_URL ?? url, {
    logger,
    behindPooler,
    connectionsMax: 1,
  });
  try {
    await saying('HUB_DATABASE_URL', () => assertHubRole(hub));
    // The check of PostgreSQL tells what keeps DATABASE_URL from being used.
    const database = await sql`select 1`.execute(db).then(
      () => db,
      () => undefined,
    );
    if (database) await assertSameDatabase(database, hub.pool, 'HUB_DATABASE_URL');
    return [ok(part, 'may read the hub’s models and nothing else')];
  } finally {
    await Promise.all([hub.close(), db.destroy()]);
  }
}

async function checkEventStore({ config, clock }: DoctorDependencies): Promise<readonly CheckResult[]> {
  const part = 'event store';
  if (!config.EVENTSTORE_URL)
    return (await checkEmbeddedStore(config.OPSLEDGER_DATA)).map((finding) => ({ part, ...finding }));
  const log = createEventStoreLog({ url: config.EVENTSTORE_URL, clock });
  try {
    const answers = ok(part, `answers; the log ends at position ${await log.head()}`);
    const offset = log.clockOffset();
    return [answers, ...(offset ? [clockFinding(part, 'the event store', offset)] : [])];
  } catch (error) {
    if (!(error instanceof LogUnavailableError)) throw error;
    return [wrong(part, error.reason ?? `${error.message}: start it, or correct EVENTSTORE_URL`)];
  } finally {
    await log.close();
  }
}

/** Whether the event store holds the log of this database; the checks of the two servers report their own trouble. */
async function checkLedger({ config, clock, logger }: DoctorDependencies): Promise<readonly CheckResult[]> {
  const part = 'ledger';
  const { DATABASE_URL, DATABASE_SESSION_URL, EVENTSTORE_URL } = config;
  if (!DATABASE_URL || !EVENTSTORE_URL) return [];
  const db = createWriterPool<PrimaryTables>(DATABASE_SESSION_URL ?? DATABASE_URL, {
    logger,
    connectionsMax: 1,
  });
  try {
    const foreign = await foreignLedger(db, { url: EVENTSTORE_URL, clock });
    if (foreign) return [wrong(part, foreign)];
    const memory = await historyMemory(db, logger);
    if (!memory.remembered) return [ok(part, 'the database remembers no event of the log yet')];
    const { commit } = memory.remembered;
    const log = createEventStoreLog({ url: EVENTSTORE_URL, clock, memory });
    try {
      await log.head();
      return [
        ok(part, `the log holds the event at position ${commit}, the newest that the database remembers`),
      ];
    } finally {
      await log.close();
    }
  } catch (error) {
    return error instanceof HistoryChangedError ? [wrong(part, error.message)] : [];
  } finally {
    await db.destroy();
  }
}

/**
 * What is wrong where the database belongs to another ledger than the log, or to one that the log is too empty to hold.
 */
async function foreignLedger(
  db: Kysely<PrimaryTables>,
  { url, clock }: { readonly url: string; readonly clock: Clock },
): Promise<string | undefined> {
  const bound = await boundLedger(db);
  if (bound === undefined) return undefined;
  const log = createEventStoreLog({ url, clock });
  try {
    const existing = await ledgerIdIn(log);
    if (existing === bound) return undefined;
    return existing === undefined ? emptyLogText(bound) : foreignLogText(bound, existing);
  } finally {
    await log.close();
  }
}

async function checkNats({ config }: DoctorDependencies): Promise<readonly CheckResult[]> {
  const part = 'NATS';
  const settings = await natsSettingsOf(config);
  if (!settings) return [ok(part, 'commands stay in the process, since NATS_URL is not set')];
  const connection = await connect(
    natsConnectionOptions({ ...settings, clientName: 'opsledger doctor' }),
  ).catch((error: unknown) => {
    const words = unreachableText(error);
    throw new Error(words.includes('NATS_') ? words : `${words}: start it, or correct NATS_URL`, {
      cause: error,
    });
  });
  try {
    const version = connection.info?.version ?? 'unknown';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const isOld =
      major < NATS_VERSION_MIN[0] || (major === NATS_VERSION_MIN[0] && minor < NATS_VERSION_MIN[1]);
    if (isOld)
      return [
        wrong(part, `version ${version} is too old: update it to ${NATS_VERSION_MIN.join('.')} or newer`),
      ];
    if (!connection.info?.jetstream)
      return [wrong(part, `version ${version} runs without JetStream: start it with --jetstream`)];
    if (!(await mayPublish({ nc: connection, js: connection.jetstream() }, BUS_NAMES)))
      return [wrong(part, PERMISSION_REFUSED)];
    const account = await (await connection.jetstreamManager()).getAccountInfo();
    return [
      ok(part, `version ${version}, JetStream holds ${account.storage} bytes in ${account.streams} streams`),
    ];
  } finally {
    await connection.close();
  }
}
