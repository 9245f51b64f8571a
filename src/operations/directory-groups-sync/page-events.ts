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
  data: z.strictObject({
    /** Counts the readings of the run: after one that Graph could not continue comes a new one. */
    round: z.int().min(1),
    page: z.int().min(1),
    /** Whether the reading asks for all groups and not for changes only. */
    whole: z.boolean(),
    /**
     * Address of the artifact with the page, as base64url and not as the hexadecimal text by which the collection of
     * artifacts finds what to keep.
     */
    content: z.string().max(60),
  }),
});
