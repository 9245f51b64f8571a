import { type SelectQueryBuilder, sql } from 'kysely';
import { PREPARED } from '../../db/prepared-statements.js';
import { SILENT_AFTER_MS } from '../view/silence.js';
import type { HubDatabase } from '../web-dependencies.js';
import type { HubRead } from './hub-read.js';
import { silentSchedules } from './silent-schedules.js';

/** A tenant's numbers for the page of all tenants. Counting stops at `COUNTED_MAX`. */
export interface TenantStanding {
  /** Runs that failed, and that partly succeeded, in the last 24 hours. */
  readonly failed: number;
  readonly partlySucceeded: number;
  readonly running: number;
  /** Running runs without a sign of life for `SILENT_AFTER_MS`. */
  readonly silent: number;
  /** Schedules that started nothing when they were due, or whose last runs failed. */
  readonly silentSchedules: number;
  /** Findings without an acknowledgement. */
  readonly newFindings: number;
  /** When the newest usable inventory ended, milliseconds since 1970; null when there is none. */
  readonly inventoryAt: number | null;
  /** When the certificate of its connection ends, milliseconds since 1970; null when it has no certificate. */
  readonly credentialEndsAt: number | null;
}

/** Larger numbers are shown as "99+". */
export const COUNTED_MAX = 100;
const DAY_MS = 86_400_000;

/** A tenant's numbers, and the position of the read models at which they were read. */
export interface StandingRead {
  readonly standing: TenantStanding;
  /** -1 before the first batch. */
  readonly position: number;
}

/**
 * Returns the function that reads the numbers of tenants at `now`, each inside its tenant, in one statement and another
 * one if it has schedules. The statement is the same for all tenants and is compiled once. The number of rows that it
 * reads is limited, however long the history is.
 */
export function createStandingReader(now: number): (db: HubRead) => Promise<StandingRead> {
  let statement: ReturnType<typeof standingStatement> | undefined;
  return async (db) => {
    statement ??= standingStatement(db, now);
    const { rows } = await db.getExecutor().executeQuery(statement);
    const [row] = rows;
    if (!row) throw new TypeError('the numbers of a tenant are missing');
    return {
      position: row.position ?? -1,
      standing: {
        failed: Number(row.failed),
        partlySucceeded: Number(row.partlySucceeded),
        running: Number(row.running ?? 0),
        silent: Number(row.silent),
        silentSchedules: row.scheduled ? (await silentSchedules(db, now)).length : 0,
        newFindings: Number(row.newFindings),
        inventoryAt: row.inventoryAt,
        credentialEndsAt: row.credentialEndsAt,
      },
    };
  };
}

function standingStatement(db: HubRead, now: number) {
  const countOf = (query: AnyQuery) =>
    db
      .selectFrom(query.limit(sql.lit(COUNTED_MAX)).as('found'))
      .select((select) => select.fn.countAll<number>().as('runs'));
  const ended = (bucket: 'failed' | 'partially_succeeded') =>
    db
      .selectFrom('runs')
      .select('run_id')
      .where('bucket', '=', sql.lit(bucket))
      .where('finished_at', '>=', now - DAY_MS);
  const silent = db
    .selectFrom('runs')
    .innerJoin('liveness.beats', 'liveness.beats.run_id', 'runs.run_id')
    .select('runs.run_id')
    .where('runs.lifecycle', '=', 'running')
    .where(sql<boolean>`beat_at < now() - make_interval(secs => ${SILENT_AFTER_MS / 1_000})`);
  return db
    .selectNoFrom((select) => [
      select.selectFrom('checkpoint').select('position').limit(1).as('position'),
      countOf(ended('failed')).as('failed'),
      countOf(ended('partially_succeeded')).as('partlySucceeded'),
      select
        .selectFrom('run_counters')
        .select((counters) => counters.fn.sum<number>('runs').as('runs'))
        .where('bucket', '=', 'running')
        .as('running'),
      countOf(silent).as('silent'),
      select
        .exists(select.selectFrom('schedules').select('name').where('state', '=', 'at_work'))
        .as('scheduled'),
      countOf(db.selectFrom('findings').select('fingerprint').where('status', '=', 'new')).as('newFindings'),
      select
        .selectFrom('inventories')
        .select('finished_at')
        .where('usable', '=', sql.lit(true))
        .orderBy('position', 'desc')
        .limit(1)
        .as('inventoryAt'),
      select.selectFrom('connections').select('ends_at').limit(1).as('credentialEndsAt'),
    ])
    .modifyEnd(PREPARED)
    .compile();
}

type AnyQuery = SelectQueryBuilder<HubDatabase, keyof HubDatabase, object>;
