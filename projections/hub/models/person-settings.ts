import { DamagedEventError } from '../../../src/ledger/event-registry.js';
import { parseStream } from '../../../src/ledger/streams.js';
import { PersonSettingsChanged } from '../../../src/tenancy/person-events.js';
import { boolean, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';

/** Settings of persons. They hold for all of a person's tenants, so the rows have no tenant. */
export const personSettings = defineModel({
  table: defineTable({
    name: 'person_settings',
    columns: {
      person_id: uuid(),
      time_zone: nullable(text()),
      single_keys: boolean(),
    },
    key: ['person_id'],
    access: 'everyone',
  }),
  wants: [PersonSettingsChanged],
  fold(event, rows) {
    const person_id = parseStream(event.stream)?.id;
    if (person_id === undefined) throw new DamagedEventError(event.raw, 'its stream names no person');
    const { timeZone: time_zone, singleKeys: single_keys } = event.data;
    rows.put({ person_id, time_zone, single_keys });
  },
});
