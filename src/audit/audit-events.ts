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
    /** What was exported: an id, or a list's filters as they are in its address. */
    subject: z.string().max(2000).nullable(),
    /** The number of exported rows at that moment, or null when they aren't counted. */
    rows: z.number().int().nonnegative().nullable(),
  }),
  upcasters: { 1: (data) => ({ ...(data as object), rows: null }) },
});

export const DirectorySearched = defineEvent({
  type: 'DirectorySearched',
  category: 'audit',
  meaning: 'A person searched groups in Entra, or listed the members of one, with their own account.',
  words: ({ groupId }) => (groupId === null ? 'groups by name' : `members of the group ${groupId}`),
  data: z.strictObject({
    /** The group whose members were listed, or null for a search of groups. What was typed is not recorded. */
    groupId: z.guid().nullable(),
  }),
});

export const HistoryAccepted = defineEvent({
  type: 'HistoryAccepted',
  category: 'audit',
  meaning:
    'The log was taken as it is, after an older copy was put back or it was copied to another server. What it no longer holds is gone.',
  words: ({ seenTo, endedAt }) =>
    `it ended at position ${endedAt ?? 'none'}${seenTo === null ? '' : `; it had been seen to position ${seenTo}`}`,
  data: z.strictObject({
    /** Position of the newest event of the former log that the database remembered; null when it remembered none. */
    seenTo: z.number().int().nonnegative().nullable(),
    /** Position of the newest event of the log that was accepted; null when it was empty. */
    endedAt: z.number().int().nonnegative().nullable(),
  }),
});

/** Acts in a tenant that no other event records (A1). */
export const auditEntity = defineEntity({
  category: 'audit',
  streams: '<tenant>',
  events: [ExportDownloaded, DirectorySearched, HistoryAccepted],
});
