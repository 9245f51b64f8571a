import { sql } from 'kysely';
import { SILENT_AFTER_MS } from '../view/silence.js';
import { currentConnection } from './connection.js';
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

/**
 * Reads a tenant's numbers inside that tenant. The number of rows that it reads is limited, however long the history
 * is.
 */
export async function tenantStanding(db: HubRead, now: number): Promise<TenantStanding> {
  const ended = (bucket: 'failed' | 'partially_succeeded') =>
    db
      .selectFrom('runs')
      .select('run_id')
      .where('bucket', '=', bucket)
      .where('finished_at', '>=', now - DAY_MS)
      .limit(COUNTED_MAX)
      .execute();
  const failed = await ended('failed');
  const partlySucceeded = await ended('partially_succeeded');
  const active = await db
    .selectFrom('run_counters')
    .select((select) => select.fn.sum<number>('runs').as('runs'))
    .where('bucket', '=', 'running')
    .executeTakeFirst();
  const silent = await db
    .selectFrom('runs')
    .innerJoin('liveness.beats', 'liveness.beats.run_id', 'runs.run_id')
    .select('runs.run_id')
    .where('runs.lifecycle', '=', 'running')
    .where(sql<boolean>`beat_at < now() - make_interval(secs => ${SILENT_AFTER_MS / 1_000})`)
    .limit(COUNTED_MAX)
    .execute();
  const findings = await db
    .selectFrom('findings')
    .select('fingerprint')
    .where('status', '=', 'new')
    .limit(COUNTED_MAX)
    .execute();
  const inventory = await db
    .selectFrom('inventories')
    .select('finished_at')
    .where('usable', '=', true)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    failed: failed.length,
    partlySucceeded: partlySucceeded.length,
    running: Number(active?.runs ?? 0),
    silent: silent.length,
    silentSchedules: (await silentSchedules(db, now)).length,
    newFindings: findings.length,
    inventoryAt: inventory?.finished_at ?? null,
    credentialEndsAt: (await currentConnection(db))?.ends_at ?? null,
  };
}
