import type { LedgerEvent } from '../../../src/events.js';
import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { subjectOf, tenantOf, timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';

export type TenantRow = HubTables['tenants'];
export type MemberRow = HubTables['members'];
export type GrantRow = HubTables['grants'];
export type MemberSettingsRow = HubTables['member_settings'];

export const tenantsTable = defineTable<TenantRow>({
  name: 'tenants',
  columns: {
    tenant_id: 'uuid not null',
    slug: 'text not null',
    name: 'text not null',
    registered_at: 'bigint not null',
    graph_base_url: 'text null',
  },
  key: ['tenant_id'],
  access: 'tenant',
});

export const membersTable = defineTable<MemberRow>({
  name: 'members',
  columns: {
    tenant_id: 'uuid not null',
    person_id: 'uuid not null',
    role: 'text not null',
    since: 'bigint not null',
  },
  key: ['tenant_id', 'person_id'],
  access: 'tenant',
});

export const grantsTable = defineTable<GrantRow>({
  name: 'grants',
  columns: {
    tenant_id: 'uuid not null',
    person_id: 'uuid not null',
    role: 'text not null',
    since: 'bigint not null',
  },
  key: ['tenant_id', 'person_id', 'role'],
  access: 'tenant',
});

export const memberSettingsTable = defineTable<MemberSettingsRow>({
  name: 'member_settings',
  columns: { tenant_id: 'uuid not null', person_id: 'uuid not null', time_zone: 'text null' },
  key: ['tenant_id', 'person_id'],
  access: 'tenant',
});

interface TenancyRows {
  readonly tenants: RowSet<TenantRow>;
  readonly members: RowSet<MemberRow>;
  readonly grants: RowSet<GrantRow>;
  readonly member_settings: RowSet<MemberSettingsRow>;
}

/** Tenants, who is a member or was granted access at present, and what people set for themselves. */
export function foldTenancy(event: LedgerEvent, rows: TenancyRows): void {
  switch (event.type) {
    case 'TenantRegistered': {
      const { slug, name } = event.data;
      const registered_at = timeOf(event);
      rows.tenants.put({
        tenant_id: tenantOf(event),
        slug,
        name,
        registered_at,
        graph_base_url: null,
      });
      break;
    }
    case 'GraphConnectionSet': {
      const tenant = rows.tenants.get({ tenant_id: tenantOf(event) });
      if (tenant) rows.tenants.put({ ...tenant, graph_base_url: event.data.baseUrl });
      break;
    }
    case 'MemberAdded':
    case 'MemberRoleChanged': {
      const key = { tenant_id: tenantOf(event), person_id: event.data.personId };
      const since = rows.members.get(key)?.since ?? timeOf(event);
      rows.members.put({ ...key, role: event.data.role, since });
      break;
    }
    case 'MemberRemoved':
      rows.members.delete({ tenant_id: tenantOf(event), person_id: event.data.personId });
      break;
    case 'AccessGranted': {
      const { personId: person_id, role } = event.data;
      const key = { tenant_id: tenantOf(event), person_id, role };
      const since = rows.grants.get(key)?.since ?? timeOf(event);
      rows.grants.put({ ...key, since });
      break;
    }
    case 'AccessRevoked': {
      const { personId: person_id, role } = event.data;
      rows.grants.delete({ tenant_id: tenantOf(event), person_id, role });
      break;
    }
    case 'SettingsChanged':
      rows.member_settings.put({
        tenant_id: tenantOf(event),
        person_id: subjectOf(event),
        time_zone: event.data.timeZone,
      });
      break;
    default:
  }
}
