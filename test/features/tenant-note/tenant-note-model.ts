import { bigint, text, uuid } from '../../../projections/engine/columns.js';
import { defineModel } from '../../../projections/engine/model.js';
import { defineTable } from '../../../projections/engine/table.js';
import { subjectOf, tenantOf, timeOf } from '../../../projections/hub/event-facts.js';
import { isEvent } from '../../../src/ledger/event-registry.js';
import { NoteRemoved, NoteWritten } from './tenant-note.js';

/** The notes of each tenant that were not removed. */
export const notes = defineModel({
  table: defineTable({
    name: 'notes',
    columns: { tenant_id: uuid(), note_id: uuid(), text: text(), written_at: bigint() },
    key: ['tenant_id', 'note_id'],
    access: 'tenant',
  }),
  wants: [NoteWritten, NoteRemoved],
  addressed: { kind: 'note', column: 'note_id' },
  keys: (event) => [{ tenant_id: tenantOf(event), note_id: subjectOf(event) }],
  fold(event, rows) {
    const key = { tenant_id: tenantOf(event), note_id: subjectOf(event) };
    if (isEvent(event, NoteWritten)) rows.put({ ...key, text: event.data.text, written_at: timeOf(event) });
    else rows.delete(key);
  },
});
