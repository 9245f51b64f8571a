import { z } from 'zod';
import { defineEvent } from '../../../src/ledger/event-registry.js';

/** A person was greeted. The event is in the run's stream. */
export const PersonGreeted = defineEvent({
  type: 'PersonGreeted',
  category: 'operation',
  meaning: 'A person was greeted.',
  words: ({ words }) => words,
  data: z.strictObject({ name: z.string().max(100), words: z.string().max(200) }),
});
