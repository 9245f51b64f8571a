import { type ScheduleTrouble, scheduleTrouble } from '../view/schedule-state.js';
import type { HubRead } from './hub-read.js';
import { schedulesAtWork } from './schedule-list.js';

/** A schedule that should have started something and did not, or whose last runs failed. */
export interface SilentSchedule {
  readonly id: string;
  readonly name: string;
  readonly trouble: ScheduleTrouble;
}

/** The schedules of a tenant with trouble, by name. */
export async function silentSchedules(db: HubRead, now: number): Promise<readonly SilentSchedule[]> {
  const listed = await schedulesAtWork(db);
  return listed.flatMap((one) => {
    const trouble = scheduleTrouble(one, now);
    return trouble ? [{ id: one.schedule.schedule_id, name: one.schedule.name, trouble }] : [];
  });
}
