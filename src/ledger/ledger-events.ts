import { z } from 'zod';
import { defineEvent } from './event-registry.js';
import { LEDGER_CATEGORY } from './streams.js';

/** The first event of all; checkpoints and artifacts carry its id. */
export const LedgerCreated = defineEvent({
  type: 'LedgerCreated',
  category: LEDGER_CATEGORY,
  data: z.strictObject({ ledgerId: z.guid() }),
});
