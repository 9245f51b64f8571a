import { ExportWritten } from '../../../src/entities/export/export.js';
import { bigint, integer, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';

/** Exports by the run that wrote them, also those whose file is removed by now. */
const exportsTable = defineTable({
  name: 'exports',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    file_name: text(),
    bytes: bigint(),
    policies: integer(),
    missing: integer(),
    written_at: bigint(),
    /** The time after which the file can't be downloaded. */
    ends_at: bigint(),
    position: bigint(),
  },
  key: ['tenant_id', 'run_id'],
  indexes: ['(tenant_id, position desc)'],
  access: 'tenant',
});

export const exports = defineModel({
  table: exportsTable,
  wants: [ExportWritten],
  finalAfter: 'event',
  fold(event, rows) {
    const { endsAt, fileName, ...counts } = event.data;
    rows.put({
      ...runOf(event),
      ...counts,
      file_name: fileName,
      written_at: timeOf(event),
      ends_at: Date.parse(endsAt),
      position: event.position,
    });
  },
});
