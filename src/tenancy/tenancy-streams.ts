import { streamName } from '../ledger/streams.js';

/** Who may do what in a tenant, and how it is reached. */
export const tenantStream = (tenantId: string): string => streamName('tenant', tenantId);

/** What a person set for themselves in a tenant. */
export const memberStream = (tenantId: string, personId: string): string =>
  streamName('member', tenantId, personId);

/** What a person set for themselves in every tenant alike. */
export const personStream = (personId: string): string => streamName('person', personId);
