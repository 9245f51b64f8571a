import { z } from 'zod';
import { PLATFORM_ROLES, TENANT_ROLES } from '../access/roles.js';
import { defineEvent } from '../ledger/event-registry.js';

/** The stream `tenant-<id>`: who may do what in a tenant, and how it is reached. */

const personId = z.guid();

export const slugSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'is not a short name of lower-case letters, digits and hyphens');

export const TenantRegistered = defineEvent({
  type: 'TenantRegistered',
  category: 'tenant',
  data: z.strictObject({ slug: slugSchema, name: z.string().min(1).max(200) }),
});

export const MemberAdded = defineEvent({
  type: 'MemberAdded',
  category: 'tenant',
  data: z.strictObject({ personId, role: z.enum(TENANT_ROLES) }),
});

export const MemberRoleChanged = defineEvent({
  type: 'MemberRoleChanged',
  category: 'tenant',
  data: z.strictObject({ personId, role: z.enum(TENANT_ROLES), roleBefore: z.enum(TENANT_ROLES) }),
});

export const MemberRemoved = defineEvent({
  type: 'MemberRemoved',
  category: 'tenant',
  data: z.strictObject({ personId }),
});

export const AccessGranted = defineEvent({
  type: 'AccessGranted',
  category: 'tenant',
  data: z.strictObject({ personId, role: z.enum(PLATFORM_ROLES) }),
});

export const AccessRevoked = defineEvent({
  type: 'AccessRevoked',
  category: 'tenant',
  data: z.strictObject({ personId, role: z.enum(PLATFORM_ROLES) }),
});

/** Where the tenant's Graph is; its credentials are primary data outside the log. */
export const GraphConnectionSet = defineEvent({
  type: 'GraphConnectionSet',
  category: 'tenant',
  data: z.strictObject({ baseUrl: z.url({ protocol: /^https?$/ }).max(500) }),
});

export const ApiTokenIssued = defineEvent({
  type: 'ApiTokenIssued',
  category: 'tenant',
  data: z.strictObject({
    tokenId: z.guid(),
    name: z.string().min(1).max(100),
    capabilities: z.array(z.string().max(60)).min(1).max(50),
    expiresAt: z.iso.datetime({ precision: 3 }),
  }),
});

export const ApiTokenRevoked = defineEvent({
  type: 'ApiTokenRevoked',
  category: 'tenant',
  data: z.strictObject({ tokenId: z.guid() }),
});

export const TENANT_EVENTS = [
  TenantRegistered,
  MemberAdded,
  MemberRoleChanged,
  MemberRemoved,
  AccessGranted,
  AccessRevoked,
  GraphConnectionSet,
  ApiTokenIssued,
  ApiTokenRevoked,
] as const;
