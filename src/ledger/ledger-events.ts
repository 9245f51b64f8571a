import { z } from 'zod';
import { defineEvent } from './event-registry.js';

/** The first event of all; checkpoints and artifacts carry its id. */
export const LedgerCreated = defineEvent({
  type: 'LedgerCreated',
  category: 'ledger',
  data: z.strictObject({ ledgerId: z.guid() }),
});
