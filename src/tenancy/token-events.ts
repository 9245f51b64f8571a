import { z } from 'zod';
import { defineEvent } from '../ledger/event-registry.js';

export const TOKEN_NAME_LENGTH_MAX = 100;

export const ApiTokenIssued = defineEvent({
  type: 'ApiTokenIssued',
  category: 'tenant',
  meaning: 'An API token exists; the log holds neither the token nor its hash.',
  words: ({ name, capabilities, expiresAt }) =>
    `“${name}”, until ${expiresAt.slice(0, 10)}: ${capabilities.join(', ')}`,
  data: z.strictObject({
    tokenId: z.guid(),
    name: z.string().min(1).max(TOKEN_NAME_LENGTH_MAX),
    capabilities: z.array(z.string().max(60)).min(1).max(50),
    expiresAt: z.iso.datetime({ precision: 3 }),
  }),
});

export const ApiTokenRevoked = defineEvent({
  type: 'ApiTokenRevoked',
  category: 'tenant',
  meaning: 'An API token is no longer accepted.',
  data: z.strictObject({ tokenId: z.guid() }),
});

/** Which API tokens a tenant has. */
export const TOKEN_EVENTS = [ApiTokenIssued, ApiTokenRevoked] as const;
