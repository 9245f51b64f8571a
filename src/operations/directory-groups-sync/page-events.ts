import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';

/** A page of groups was read. The event is in the run's stream. */
export const GroupPageRead = defineEvent({
  type: 'GroupPageRead',
  category: 'operation',
  meaning:
    'A page of groups was read. Its content is kept for a day, so that another attempt can go on from there.',
  words: ({ round, page }) => `reading ${round}, page ${page}`,
  importance: 'minor',
  // Version 2 added the directory.
  version: 2,
  upcasters: { 1: (data) => data },
  data: z.strictObject({
    /** The number of the reading in the run; a reading that Graph could not continue is followed by a new one. */
    round: z.int().min(1),
    page: z.int().min(1),
    /** Whether the reading covers all groups and not only changes. */
    whole: z.boolean(),
    /** The directory's id, or an address where no directory is known; missing in what older programs wrote down. */
    source: z.string().max(500).optional(),
    /**
     * Address of the artifact with the page. It is in base64url, so that the collection of artifacts, which looks for
     * hexadecimal addresses, doesn't keep the page.
     */
    content: z.string().max(60),
  }),
});
