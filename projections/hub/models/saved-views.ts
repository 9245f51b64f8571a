import { isEvent, type RecordedEvent } from '../../../src/ledger/event-registry.js';
import { DefaultViewChosen, ViewRemoved, ViewSaved } from '../../../src/tenancy/member-events.js';
import { bigint, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { subjectOf, tenantOf } from '../event-facts.js';

const member = (event: RecordedEvent) => ({ tenant_id: tenantOf(event), person_id: subjectOf(event) });

/** The views of the list of operations that persons have saved. */
export const savedViews = defineModel({
  table: defineTable({
    name: 'saved_views',
    columns: {
      tenant_id: uuid(),
      person_id: uuid(),
      view_id: uuid(),
      name: text(),
      query: text(),
      /** Position of the event that first saved the view; it orders the tabs. */
      position: bigint(),
    },
    key: ['tenant_id', 'person_id', 'view_id'],
    access: 'tenant',
  }),
  wants: [ViewSaved, ViewRemoved],
  keys: (event) => [{ ...member(event), view_id: event.data.viewId }],
  fold(event, rows) {
    const key = { ...member(event), view_id: event.data.viewId };
    if (isEvent(event, ViewRemoved)) {
      rows.delete(key);
      return;
    }
    const { name, query } = event.data;
    rows.put({ ...key, name, query, position: rows.get(key)?.position ?? event.position });
  },
});

/** The view that a person's list opens with. */
export const defaultViews = defineModel({
  table: defineTable({
    name: 'default_views',
    columns: { tenant_id: uuid(), person_id: uuid(), view_id: nullable(uuid()) },
    key: ['tenant_id', 'person_id'],
    access: 'tenant',
  }),
  wants: [DefaultViewChosen],
  fold(event, rows) {
    rows.put({ ...member(event), view_id: event.data.viewId });
  },
});
