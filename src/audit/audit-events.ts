import { z } from 'zod';
import { defineEvent } from '../ledger/event-registry.js';
import { streamName } from '../ledger/streams.js';

/** Acts in a tenant that are no event elsewhere (A1). */
export const auditStream = (tenantId: string): string => streamName('audit', tenantId);

export const ExportDownloaded = defineEvent({
  type: 'ExportDownloaded',
  category: 'audit',
  data: z.strictObject({
    what: z.string().max(60),
    format: z.string().max(20),
    subject: z.string().max(300).nullable(),
  }),
});

export const AUDIT_EVENTS = [ExportDownloaded] as const;
