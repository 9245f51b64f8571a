import { withoutTenant } from '../../db/with-tenant.js';
import type { PersonSettings } from '../ports/personal.js';
import type { WebDependencies } from '../web-dependencies.js';
import { type HubRead, inSchema } from './hub-read.js';

/** The settings of somebody who has chosen nothing. */
export const NOTHING_SET: PersonSettings = { timeZone: null, singleKeys: true };

/** The settings that a person chose for all of their pages. */
async function personSettings(db: HubRead, personId: string): Promise<PersonSettings> {
  const row = await db
    .selectFrom('person_settings')
    .select(['time_zone as timeZone', 'single_keys as singleKeys'])
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return row ?? NOTHING_SET;
}

/** The settings for a page that belongs to no tenant. Before the read models are built there are none. */
export async function personSettingsAlone(
  deps: Pick<WebDependencies, 'hub' | 'readModels'>,
  personId: string,
): Promise<PersonSettings> {
  return withoutTenant(deps.hub, async (db) => {
    const schema = await deps.readModels.current(db);
    return schema === undefined ? NOTHING_SET : personSettings(inSchema(deps.hub, db, schema), personId);
  });
}
