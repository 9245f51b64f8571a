import { z } from 'zod';
import { PLATFORM_ROLES, TENANT_ROLES } from '../access/roles.js';
import { defineEvent } from '../ledger/event-registry.js';

const personId = z.guid();

export const MemberAdded = defineEvent({
  type: 'MemberAdded',
  category: 'tenant',
  meaning: 'A person became a member with a role.',
  words: ({ role }) => `as ${role}`,
  data: z.strictObject({ personId, role: z.enum(TENANT_ROLES) }),
});

export const MemberRoleChanged = defineEvent({
  type: 'MemberRoleChanged',
  category: 'tenant',
  meaning: 'A member has another role.',
  words: ({ role, roleBefore }) => `${role}, before that ${roleBefore}`,
  data: z.strictObject({ personId, role: z.enum(TENANT_ROLES), roleBefore: z.enum(TENANT_ROLES) }),
});

export const MemberRemoved = defineEvent({
  type: 'MemberRemoved',
  category: 'tenant',
  meaning: 'A person is no member any more.',
  data: z.strictObject({ personId }),
});

export const AccessGranted = defineEvent({
  type: 'AccessGranted',
  category: 'tenant',
  meaning: 'A person from outside may read as auditor or support.',
  words: ({ role }) => `as ${role}`,
  data: z.strictObject({ personId, role: z.enum(PLATFORM_ROLES) }),
});

export const AccessRevoked = defineEvent({
  type: 'AccessRevoked',
  category: 'tenant',
  meaning: 'That grant has ended.',
  words: ({ role }) => `as ${role}`,
  data: z.strictObject({ personId, role: z.enum(PLATFORM_ROLES) }),
});

/** The events of a tenant's members and of access granted to platform roles. */
export const MEMBERSHIP_EVENTS = [
  MemberAdded,
  MemberRoleChanged,
  MemberRemoved,
  AccessGranted,
  AccessRevoked,
] as const;
