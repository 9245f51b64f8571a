import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { PREPARED } from '../../db/prepared-statements.js';
import type { HubRead } from './hub-read.js';
import { onceASnapshot } from './once-a-snapshot.js';

/** How many runs of a type are in a bucket. */
export type RunCounter = Pick<Selectable<HubTables['run_counters']>, 'type' | 'bucket' | 'runs'>;

const THE_TENANT = {};
const read = onceASnapshot<typeof THE_TENANT, readonly RunCounter[]>((db) =>
  db
    .selectFrom('run_counters')
    .select(['type', 'bucket', 'runs'])
    .where('runs', '>', 0)
    .orderBy('type')
    .modifyEnd(PREPARED)
    .execute(),
);

/** The maintained counters of a tenant's runs that aren't zero, by type. */
export const readRunCounters = (db: HubRead): Promise<readonly RunCounter[]> => read(db, THE_TENANT);
