import { z } from 'zod';
import { defineEntity } from '../ledger/define-entity.js';
import { defineEvent } from '../ledger/event-registry.js';

export const ExportDownloaded = defineEvent({
  type: 'ExportDownloaded',
  category: 'audit',
  version: 2,
  meaning: 'A person downloaded an export.',
  words: ({ what, format }) => `${what} as ${format}`,
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

/** Acts in a tenant that are no event elsewhere (A1). */
export const auditEntity = defineEntity({
  category: 'audit',
  streams: '<tenant>',
  events: [ExportDownloaded],
});
