import { z } from 'zod';
import { PLATFORM_ROLES, TENANT_ROLES } from '../access/roles.js';
import { defineEvent } from '../ledger/event-registry.js';

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

const webAddress = z.url({ protocol: /^https?$/ }).max(500);

/** How the program signs in to a tenant's Entra directory. Nothing in it is secret. */
export const graphSignInSchema = z.strictObject({
  directoryId: z.guid(),
  clientId: z.guid(),
  cloud: z.enum(['worldwide', 'us-gov-l4', 'us-gov-dod', 'china']),
  /** Another Entra than the cloud's (a simulator), or null. */
  authority: webAddress.nullable(),
  credential: z.strictObject({
    kind: z.enum(['secret', 'certificate']),
    /** Of a certificate: SHA-1 in hex, as Entra's pages show it. */
    thumbprint: z
      .string()
      .regex(/^[0-9A-F]{40}$/)
      .nullable(),
    endsAt: z.iso.datetime({ precision: 3 }).nullable(),
  }),
});
export type GraphSignIn = z.output<typeof graphSignInSchema>;

/**
 * Where the tenant's Graph is, and how the program signs in to it (null: with a fixed token, which simulators alone
 * take). The credential itself is primary data outside the log.
 */
export const GraphConnectionSet = defineEvent({
  type: 'GraphConnectionSet',
  category: 'tenant',
  version: 2,
  data: z.strictObject({ baseUrl: webAddress, signIn: graphSignInSchema.nullable() }),
  upcasters: { 1: (data) => ({ ...(data as object), signIn: null }) },
});

/** The tenant is connected to no Graph any more; its credential has been removed. */
export const GraphConnectionRemoved = defineEvent({
  type: 'GraphConnectionRemoved',
  category: 'tenant',
  data: z.strictObject({}),
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
  GraphConnectionRemoved,
  ApiTokenIssued,
  ApiTokenRevoked,
] as const;
