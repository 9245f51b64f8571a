import { z } from 'zod';
import { defineEvent } from '../ledger/event-registry.js';
import { streamName } from '../ledger/streams.js';

/** Acts in a tenant that are no event elsewhere (A1). */
export const auditStream = (tenantId: string): string => streamName('audit', tenantId);

export const ExportDownloaded = defineEvent({
  type: 'ExportDownloaded',
  category: 'audit',
  version: 2,
  data: z.strictObject({
    what: z.string().max(60),
    format: z.string().max(20),
    /** What was chosen: an id, or the filters of a list as its address has them. */
    subject: z.string().max(2000).nullable(),
    /** Rows that were chosen at that moment, or null where they aren't counted. */
    rows: z.number().int().nonnegative().nullable(),
  }),
  upcasters: { 1: (data) => ({ ...(data as object), rows: null }) },
});

export const AUDIT_EVENTS = [ExportDownloaded] as const;
