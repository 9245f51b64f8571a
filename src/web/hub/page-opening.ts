import { sql } from 'kysely';
import { PREPARED } from '../../db/prepared-statements.js';
import type { PersonSettings } from '../ports/personal.js';
import { knownZone } from '../view/wall-clock.js';
import { type HubRead, type HubReport, REPORT_COLUMNS } from './hub-read.js';
import { NOTHING_SET } from './person-settings.js';

/** What every page reads first. */
export interface PageOpening {
  /** The settings that the person chose for all of their pages. */
  readonly settings: PersonSettings;
  /**
   * The time zone of the person in the tenant: the one they chose for all tenants, or else the one they once chose for
   * this tenant, or else the installation's.
   */
  readonly zone: string;
  /** The position of the read models in the snapshot; -1 before the first batch. */
  readonly position: number;
  /** The projector's last report, or undefined before its first. */
  readonly report: HubReport | undefined;
}

/** Reads what every page needs in one statement. `installationZone` is the zone of somebody who chose none. */
export async function pageOpening(
  db: HubRead,
  personId: string,
  installationZone: string,
): Promise<PageOpening> {
  const row = await db
    .selectFrom(sql<{ one: number }>`(select 1 as one)`.as('page'))
    .leftJoin('checkpoint', (join) => join.onTrue())
    .leftJoin('projector_status', (join) => join.onTrue())
    .leftJoin('person_settings', (join) => join.on('person_settings.person_id', '=', personId))
    .leftJoin('member_settings', (join) => join.on('member_settings.person_id', '=', personId))
    .select([
      'checkpoint.position',
      'person_settings.time_zone as timeZone',
      'single_keys as singleKeys',
      'member_settings.time_zone as memberZone',
      ...REPORT_COLUMNS,
    ])
    .modifyEnd(PREPARED)
    .executeTakeFirstOrThrow();
  const { timeZone, singleKeys, silentMs, caughtUp, lagMs, pausedReason, pausedEvent } = row;
  return {
    settings: singleKeys === null ? NOTHING_SET : { timeZone, singleKeys },
    zone: knownZone(timeZone ?? row.memberZone, installationZone),
    position: row.position ?? -1,
    report:
      caughtUp === null || lagMs === null
        ? undefined
        : { silentMs, caughtUp, lagMs, pausedReason, pausedEvent },
  };
}
