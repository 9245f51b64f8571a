import { isEvent } from '../../../src/ledger/event-registry.js';
import { GraphConnectionRemoved, GraphConnectionSet } from '../../../src/tenancy/connection-events.js';
import { SettingsChanged } from '../../../src/tenancy/member-events.js';
import {
  AccessGranted,
  AccessRevoked,
  MemberAdded,
  MemberRemoved,
  MemberRoleChanged,
} from '../../../src/tenancy/membership-events.js';
import { TenantRegistered } from '../../../src/tenancy/tenant-events.js';
import { bigint, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { subjectOf, tenantOf, timeOf } from '../event-facts.js';

export const tenants = defineModel({
  table: defineTable({
    name: 'tenants',
    columns: {
      tenant_id: uuid(),
      slug: text(),
      name: text(),
      registered_at: bigint(),
      graph_base_url: nullable(text()),
    },
    key: ['tenant_id'],
    access: 'tenant',
  }),
  wants: [TenantRegistered, GraphConnectionSet, GraphConnectionRemoved],
  keys: (event) => [{ tenant_id: tenantOf(event) }],
  fold(event, rows) {
    const tenant_id = tenantOf(event);
    if (isEvent(event, TenantRegistered)) {
      const { slug, name } = event.data;
      rows.put({ tenant_id, slug, name, registered_at: timeOf(event), graph_base_url: null });
      return;
    }
    const tenant = rows.get({ tenant_id });
    if (tenant) rows.put({ ...tenant, graph_base_url: 'baseUrl' in event.data ? event.data.baseUrl : null });
  },
});

/** The current members. */
export const members = defineModel({
  table: defineTable({
    name: 'members',
    columns: {
      tenant_id: uuid(),
      person_id: uuid(),
      role: text(),
      since: bigint(),
    },
    key: ['tenant_id', 'person_id'],
    access: 'tenant',
  }),
  wants: [MemberAdded, MemberRoleChanged, MemberRemoved],
  keys: (event) => [{ tenant_id: tenantOf(event), person_id: event.data.personId }],
  fold(event, rows) {
    const key = { tenant_id: tenantOf(event), person_id: event.data.personId };
    if (isEvent(event, MemberRemoved)) rows.delete(key);
    else rows.put({ ...key, role: event.data.role, since: rows.get(key)?.since ?? timeOf(event) });
  },
});

/** The platform roles that are granted now. */
export const grants = defineModel({
  table: defineTable({
    name: 'grants',
    columns: {
      tenant_id: uuid(),
      person_id: uuid(),
      role: text(),
      since: bigint(),
    },
    key: ['tenant_id', 'person_id', 'role'],
    access: 'tenant',
  }),
  wants: [AccessGranted, AccessRevoked],
  keys: (event) => [grantOf(tenantOf(event), event.data)],
  fold(event, rows) {
    const key = grantOf(tenantOf(event), event.data);
    if (isEvent(event, AccessRevoked)) rows.delete(key);
    else rows.put({ ...key, since: rows.get(key)?.since ?? timeOf(event) });
  },
});

const grantOf = (tenant_id: string, { personId, role }: { personId: string; role: string }) => ({
  tenant_id,
  person_id: personId,
  role,
});

/** The time zone that a person has set for one tenant, used until they set one for all tenants. */
export const memberSettings = defineModel({
  table: defineTable({
    name: 'member_settings',
    columns: {
      tenant_id: uuid(),
      person_id: uuid(),
      time_zone: nullable(text()),
    },
    key: ['tenant_id', 'person_id'],
    access: 'tenant',
  }),
  wants: [SettingsChanged],
  fold(event, rows) {
    rows.put({
      tenant_id: tenantOf(event),
      person_id: subjectOf(event),
      time_zone: event.data.timeZone,
    });
  },
});
