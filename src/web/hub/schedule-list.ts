import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import type { StatusBucket } from '../../runs/status-bucket.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';
import { isUuid } from './is-uuid.js';

export type ScheduleRow = Selectable<HubTables['schedules']>;

/** The result of a due time, with the state of its run. */
export interface ScheduleTimeRow extends Selectable<HubTables['schedule_times']> {
  /** Null when there is no run, or when the read models no longer have it. */
  readonly bucket: StatusBucket | null;
  /** The run's number in the hub. */
  readonly number: number | null;
}

/** A schedule with its latest due times, the newest first. */
export interface ListedSchedule {
  readonly schedule: ScheduleRow;
  readonly times: readonly ScheduleTimeRow[];
}

/** Latest due times that are read with each schedule of a list. */
export const LATEST_TIMES = 3;

/** The schedules of a tenant that were not removed, by name, as many as a page shows. */
export async function listSchedules(db: HubRead): Promise<readonly ListedSchedule[]> {
  const schedules = await db
    .selectFrom('schedules')
    .selectAll()
    .where('state', '!=', 'removed')
    .orderBy('name')
    .orderBy('schedule_id')
    .limit(LIMITS.schedulesShown)
    .execute();
  return withTimes(db, schedules);
}

/** One schedule with its latest due times. */
export async function listedSchedule(db: HubRead, schedule: ScheduleRow): Promise<ListedSchedule> {
  const [listed] = await withTimes(db, [schedule]);
  return listed ?? { schedule, times: [] };
}

/** The schedules of a tenant that start operations. */
export async function schedulesAtWork(db: HubRead): Promise<readonly ListedSchedule[]> {
  const schedules = await db
    .selectFrom('schedules')
    .selectAll()
    .where('state', '=', 'at_work')
    .orderBy('name')
    .limit(LIMITS.schedulesShown)
    .execute();
  return withTimes(db, schedules);
}

/** A schedule, also a removed one, or undefined. */
export async function findSchedule(db: HubRead, scheduleId: string): Promise<ScheduleRow | undefined> {
  if (!isUuid(scheduleId)) return undefined;
  return db.selectFrom('schedules').selectAll().where('schedule_id', '=', scheduleId).executeTakeFirst();
}

/** The latest due times of a schedule, the newest first; those before `before` (milliseconds since 1970). */
export async function listScheduleTimes(
  db: HubRead,
  scheduleId: string,
  { limit, before }: { readonly limit: number; readonly before?: number | undefined },
): Promise<readonly ScheduleTimeRow[]> {
  let query = db
    .selectFrom('schedule_times')
    .leftJoin('runs', 'runs.run_id', 'schedule_times.run_id')
    .selectAll('schedule_times')
    .select(['runs.bucket', 'runs.queued_position as number'])
    .where('schedule_id', '=', scheduleId)
    .orderBy('due_at', 'desc')
    .limit(limit);
  if (before !== undefined) query = query.where('due_at', '<', before);
  return query.execute();
}

async function withTimes(db: HubRead, schedules: readonly ScheduleRow[]): Promise<readonly ListedSchedule[]> {
  if (schedules.length === 0) return [];
  const ids = schedules.map(({ schedule_id }) => schedule_id);
  const times = await db
    .selectFrom('schedules')
    .innerJoinLateral(
      (of) =>
        of
          .selectFrom('schedule_times')
          .selectAll()
          .whereRef('schedule_times.schedule_id', '=', 'schedules.schedule_id')
          .where('schedule_times.outcome', '!=', 'by_hand')
          .orderBy('due_at', 'desc')
          .limit(LATEST_TIMES)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .leftJoin('runs', 'runs.run_id', 'latest.run_id')
    .selectAll('latest')
    .select(['runs.bucket', 'runs.queued_position as number'])
    .where('schedules.schedule_id', 'in', ids)
    .orderBy('latest.due_at', 'desc')
    .execute();
  return schedules.map((schedule) => ({
    schedule,
    times: times.filter(({ schedule_id }) => schedule_id === schedule.schedule_id),
  }));
}
