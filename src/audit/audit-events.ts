import { z } from 'zod';
import { defineEvent } from '../ledger/event-registry.js';

/** The stream `audit-<tenant>`: acts that are no event elsewhere (A1). */
export const ExportDownloaded = defineEvent({
  type: 'ExportDownloaded',
  category: 'audit',
  data: z.strictObject({
    what: z.string().max(60),
    format: z.string().max(20),
    subject: z.string().max(300).nullable(),
  }),
});
