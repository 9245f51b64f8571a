import { text, uuid } from '../../../projections/engine/columns.js';
import { defineModel } from '../../../projections/engine/model.js';
import { defineTable } from '../../../projections/engine/table.js';
import { runOf } from '../../../projections/hub/event-facts.js';
import { PersonGreeted } from './tenant-greeting-events.js';

/** The persons who were greeted, each with the newest greeting. */
export const greetings = defineModel({
  table: defineTable({
    name: 'greetings',
    columns: { tenant_id: uuid(), name: text(), words: text(), run_id: text() },
    key: ['tenant_id', 'name'],
    access: 'tenant',
  }),
  wants: [PersonGreeted],
  fold(event, rows) {
    rows.put({ ...runOf(event), ...event.data });
  },
});
