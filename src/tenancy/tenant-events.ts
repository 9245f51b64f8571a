import { z } from 'zod';
import { defineEntity } from '../ledger/define-entity.js';
import { defineEvent } from '../ledger/event-registry.js';
import { CONNECTION_EVENTS } from './connection-events.js';
import { MEMBERSHIP_EVENTS } from './membership-events.js';
import { TOKEN_EVENTS } from './token-events.js';

export const slugSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'is not a short name of lower-case letters, digits and hyphens');

export const TENANT_NAME_LENGTH_MAX = 200;

export const TenantRegistered = defineEvent({
  type: 'TenantRegistered',
  category: 'tenant',
  meaning: 'A tenant exists under this short name.',
  words: ({ name, slug }) => `“${name}”, short name ${slug}`,
  data: z.strictObject({ slug: slugSchema, name: z.string().min(1).max(TENANT_NAME_LENGTH_MAX) }),
});

/** A tenant: its members, tokens and connection to Graph. Its state is in `tenant-state.ts`. */
export const tenantEntity = defineEntity({
  category: 'tenant',
  streams: '<tenant>',
  events: [TenantRegistered, ...MEMBERSHIP_EVENTS, ...CONNECTION_EVENTS, ...TOKEN_EVENTS],
});

/** The name of a tenant's stream. */
export const tenantStream = (tenantId: string): string => tenantEntity.stream(tenantId);
