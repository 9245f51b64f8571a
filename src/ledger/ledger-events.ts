import { z } from 'zod';
import { defineEntity } from './define-entity.js';
import { defineEvent } from './event-registry.js';
import { LEDGER_CATEGORY } from './streams.js';

/** The very first event of the log; checkpoints and artifacts carry its id. */
export const LedgerCreated = defineEvent({
  type: 'LedgerCreated',
  category: LEDGER_CATEGORY,
  meaning: 'The ledger was begun; checkpoints and artifacts carry its id.',
  data: z.strictObject({ ledgerId: z.guid() }),
});

/** The ledger itself: one stream that belongs to no tenant. */
export const ledgerEntity = defineEntity({
  category: LEDGER_CATEGORY,
  streams: 'main',
  events: [LedgerCreated],
});
