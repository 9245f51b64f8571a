import {
  DIRECTORY_KINDS,
  type DirectoryKind,
  DirectoryObjectsObserved,
  DirectorySynced,
} from '../../../src/entities/directory/directory.js';
import { alikeKey } from '../../../src/mapping/alike-names.js';
import { bigint, boolean, bytewiseText, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { tenantOf } from '../event-facts.js';

/** The groups, assignment filters and scope tags of each tenant, as the last synchronization recorded them. */
export const directoryObjectsTable = defineTable({
  name: 'directory_objects',
  columns: {
    tenant_id: uuid(),
    kind: text<DirectoryKind>(),
    /** The id in lower case. */
    object_key: text(),
    object_id: text(),
    /** The name as it may be shown; null when Graph gave none. */
    name: nullable(text()),
    /** Keyed hash of the exact name. */
    name_hash: nullable(text()),
    /** The name in lower case, by which lists are ordered and searched. */
    sort_name: bytewiseText(),
    /** Equal for names that only look different, such as in case or spaces. */
    alike_name: bytewiseText(),
    type: nullable(text()),
    dynamic: boolean(),
    on_premises: boolean(),
  },
  key: ['tenant_id', 'kind', 'object_key'],
  indexes: [
    '(tenant_id, kind, sort_name, object_key)',
    '(tenant_id, kind, name_hash)',
    '(tenant_id, kind, alike_name)',
  ],
  access: 'tenant',
});

export const directoryObjects = defineModel({
  table: directoryObjectsTable,
  wants: [DirectoryObjectsObserved],
  keys: (event) => {
    const { kind, present, removed } = event.data;
    const ids = [...present.map(({ id }) => id), ...removed];
    return ids.map((id) => ({ tenant_id: tenantOf(event), kind, object_key: id.toLowerCase() }));
  },
  fold(event, rows) {
    const { kind, present, removed } = event.data;
    const tenant_id = tenantOf(event);
    for (const id of removed) rows.delete({ tenant_id, kind, object_key: id.toLowerCase() });
    for (const { id, name, nameHash, type, dynamic, onPremises } of present)
      rows.put({
        tenant_id,
        kind,
        object_key: id.toLowerCase(),
        object_id: id,
        name,
        name_hash: nameHash,
        sort_name: (name ?? '').toLowerCase(),
        alike_name: alikeKey(name ?? ''),
        type,
        dynamic,
        on_premises: onPremises,
      });
  },
});

/** How many things of each kind a tenant's cache holds, and how old it is. */
export const directorySections = defineModel({
  table: defineTable({
    name: 'directory_sections',
    columns: {
      tenant_id: uuid(),
      kind: text<DirectoryKind>(),
      objects: integer(),
      read_at: bigint(),
      run_id: text(),
    },
    key: ['tenant_id', 'kind'],
    access: 'tenant',
  }),
  wants: [DirectorySynced],
  fold(event, rows) {
    const tenant_id = tenantOf(event);
    for (const kind of DIRECTORY_KINDS) {
      const section = event.data.sections[kind];
      if (!section) continue;
      const { objects, readAt, runId } = section;
      rows.put({ tenant_id, kind, objects, read_at: Date.parse(readAt), run_id: runId });
    }
  },
});
