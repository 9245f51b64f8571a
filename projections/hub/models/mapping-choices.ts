import { GroupMappingSet } from '../../../src/entities/mapping/mapping-events.js';
import { bigint, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { subjectOf, tenantOf, timeOf } from '../event-facts.js';

/** The objects that people chose in place of objects of a source tenant in restores to another tenant (K6). */
export const mappingChoices = defineModel({
  table: defineTable({
    name: 'mapping_choices',
    columns: {
      tenant_id: uuid(),
      /** The tenant whose policies are restored. */
      source_id: uuid(),
      kind: text(),
      /** The id in lower case. */
      object_key: text(),
      object_id: text(),
      /** The names as they may be shown; null for an unknown one. */
      name: nullable(text()),
      becomes_id: text(),
      becomes_name: nullable(text()),
      chosen_at: bigint(),
      chosen_by_kind: text(),
      chosen_by_id: text(),
    },
    key: ['tenant_id', 'source_id', 'kind', 'object_key'],
    access: 'tenant',
  }),
  wants: [GroupMappingSet],
  fold(event, rows) {
    for (const { kind, id, name, becomes } of event.data.changes) {
      const pair = { tenant_id: tenantOf(event), source_id: subjectOf(event) };
      const key = { ...pair, kind, object_key: id.toLowerCase() };
      if (becomes === null) rows.delete(key);
      else
        rows.put({
          ...key,
          object_id: id,
          name,
          becomes_id: becomes.id,
          becomes_name: becomes.name,
          chosen_at: timeOf(event),
          chosen_by_kind: event.envelope.actorKind,
          chosen_by_id: event.envelope.actorId,
        });
    }
  },
});

/** The mapping of each pair of tenants. A pair whose mapping was never changed has no row. */
export const mappings = defineModel({
  table: defineTable({
    name: 'mappings',
    columns: {
      tenant_id: uuid(),
      source_id: uuid(),
      /** The revision of its latest change, which previews name. */
      revision: integer(),
    },
    key: ['tenant_id', 'source_id'],
    access: 'tenant',
  }),
  wants: [GroupMappingSet],
  fold(event, rows) {
    rows.put({ tenant_id: tenantOf(event), source_id: subjectOf(event), revision: event.revision });
  },
});
