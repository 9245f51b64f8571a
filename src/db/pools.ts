import {
  type CompiledQuery,
  Kysely,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  sql,
} from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { columnTypes } from './column-types.js';
import { PoolerRefusalError } from './database-trouble.js';
import { guardPool } from './guarded-pool.js';
import type { PrimaryTables } from './primary-tables.js';
import type { RecentTroubles } from './recent-troubles.js';

export interface PoolOptions {
  readonly logger: Logger;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Connections open at the same time; 10 by default. */
  readonly connectionsMax?: number;
  /**
   * Whether a pooler in transaction mode is in front of the server. Then every transaction sets its settings,
   * because sessions don't keep them.
   */
  readonly behindPooler?: boolean;
  /** Notes the trouble that statements have. */
  readonly troubles?: Pick<RecentTroubles, 'note'>;
  /** Called for every statement when it has succeeded or failed. */
  readonly onQuery?: (query: CompiledQuery) => void;
}

export interface HubPoolOptions extends PoolOptions {
  /** The schema of tables that are named without one. */
  readonly schema?: string | undefined;
}

const CONNECTIONS_MAX_DEFAULT = 10;
const CONNECT_MS_MAX = 5_000;
const IDLE_CONNECTION_MS_MAX = 30_000;
const WRITER_STATEMENT_MS_MAX = 300_000;
const HUB_STATEMENT_MS_MAX = 5_000;
const IDLE_IN_TRANSACTION_MS_MAX = 60_000;
/**
 * What pages read is in memory or on a disk that reads any page equally fast. With PostgreSQL's default of 4, it reads
 * thousands of rows in turn where an index finds some hundred.
 */
const RANDOM_PAGE_COST = 1.1;
/** How much longer than the server's limit a client waits before it gives up a connection. */
const ANSWER_GRACE_MS = 5_000;

/**
 * Connections with the program's own login, for primary data and projections. A connection that breaks is logged
 * and replaced; its query rejects.
 */
export function createWriterPool<DB = PrimaryTables>(url: string, options: PoolOptions): Kysely<DB> {
  const pool = openPool(url, options, {
    name: 'opsledger',
    settings: {
      statement_timeout: WRITER_STATEMENT_MS_MAX,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS_MAX,
    },
  });
  return kyselyOn<DB>(pool, options);
}

/** Connections that may only read, and only the tenant that `withTenant` sets. */
export interface HubPool<DB> {
  /** For single statements outside of pages. */
  readonly pool: Kysely<DB>;
  /** The schema of tables that are named without one. */
  readonly schema: string | undefined;
  /**
   * Gives one connection to `use`, for `withTenant` and `withoutTenant`. Statements that don't wait for each other's
   * rows are sent together, and PostgreSQL carries them out in their order.
   */
  onConnection<Result>(use: (db: Kysely<DB>) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Connections of the role `opsledger_hub`. `url` is a login of that role, or of one that may switch to it and
 * should have no other rights. The connections are read-only and end a statement after 5 s.
 */
export function createHubPool<DB>(url: string, options: HubPoolOptions): HubPool<DB> {
  const { schema } = options;
  const connections = openPool(url, options, {
    name: 'opsledger hub',
    pipeline: true,
    settings: {
      role: 'opsledger_hub',
      default_transaction_read_only: 'on',
      statement_timeout: HUB_STATEMENT_MS_MAX,
      idle_in_transaction_session_timeout: HUB_STATEMENT_MS_MAX,
      random_page_cost: RANDOM_PAGE_COST,
      ...(schema && { search_path: schema }),
    },
  });
  const pool = kyselyOn<DB>(connections, options);
  return {
    pool,
    schema,
    async onConnection(use) {
      const client = await connections.connect();
      const lent = lend(client);
      try {
        return await use(kyselyOn<DB>(lent.pool, options));
      } finally {
        lent.end();
        client.release();
      }
    },
    close: () => pool.destroy(),
  };
}

/**
 * A pool of one connection, which several statements may use at the same time; Kysely's own waits for each of them. It
 * refuses statements after its end, because the connection may then belong to a page of another tenant.
 */
function lend({ query }: PostgresPoolClient): { readonly pool: PostgresPool; end(): void } {
  let isOver = false;
  const connect = async () => {
    if (isOver) throw new Error('a statement came after the end of its transaction');
    return client;
  };
  const client = { query, release: () => undefined };
  return {
    pool: { connect, end: async () => undefined },
    end: () => {
      isOver = true;
    },
  };
}

type ServerSettings = { statement_timeout: number } & Record<string, string | number>;

function kyselyOn<DB>(pool: PostgresPool, { onQuery }: PoolOptions): Kysely<DB> {
  return new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    ...(onQuery && { log: ({ query }) => onQuery(query) }),
  });
}

function openPool(
  url: string,
  options: PoolOptions,
  {
    name,
    settings,
    pipeline = false,
  }: {
    /** Shown in pg_stat_activity unless the options say another. */
    readonly name: string;
    readonly settings: ServerSettings;
    /** Whether a statement is sent before the one before it is answered. */
    readonly pipeline?: boolean;
  },
): PostgresPool {
  const {
    logger,
    applicationName = name,
    connectionsMax = CONNECTIONS_MAX_DEFAULT,
    behindPooler = false,
  } = options;
  const pool = new pg.Pool({
    connectionString: behindPooler ? url : withServerSettings(url, settings),
    application_name: applicationName,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    idleTimeoutMillis: IDLE_CONNECTION_MS_MAX,
    query_timeout: settings.statement_timeout + ANSWER_GRACE_MS,
    keepAlive: true,
    types: columnTypes,
    pipeline,
  });
  // Without this listener, a connection that breaks between two queries of a transaction ends the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.warn({ part: applicationName, err: error }, 'connection lost'));
  });
  // The pool passes on the errors of idle connections, which have been logged above.
  pool.on('error', () => undefined);
  return guardPool(pool, {
    readsOnly: 'default_transaction_read_only' in settings,
    transactionSettings: behindPooler ? localSettings(settings) : undefined,
    onTrouble: (trouble) => options.troubles?.note(trouble),
  });
}

/**
 * The same settings for one transaction. SET TRANSACTION READ ONLY must precede the first query, so it is the last of
 * these statements.
 */
function localSettings({ default_transaction_read_only: readsOnly, ...settings }: ServerSettings): string {
  const statements = Object.entries(settings).map(([setting, value]) => `set local ${setting} = ${value}`);
  return [...statements, ...(readsOnly ? ['set transaction read only'] : [])].join('; ');
}

/**
 * Throws PoolerRefusalError when a pooler drops the settings of this program's sessions. Statements would then run
 * without limits, and locks and notifications of one session would reach another.
 */
export async function assertSettingsKept<DB>(db: Kysely<DB>): Promise<void> {
  const { rows } = await sql<{ timeout: string }>`
    select current_setting('statement_timeout') as timeout`.execute(db);
  // PostgreSQL shows 300,000 ms as `5min`.
  if (rows[0]?.timeout !== `${WRITER_STATEMENT_MS_MAX / 60_000}min`) throw new PoolerRefusalError();
}

/** Adds settings to the `options` of the connection string. They come last, because the last value counts. */
function withServerSettings(url: string, settings: ServerSettings): string {
  const parsed = new URL(url);
  const given = parsed.searchParams.get('options');
  const ours = Object.entries(settings).map(([setting, value]) => `-c ${setting}=${value}`);
  parsed.searchParams.set('options', [...(given ? [given] : []), ...ours].join(' '));
  return parsed.href;
}
