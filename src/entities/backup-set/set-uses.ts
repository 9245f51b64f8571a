import { z } from 'zod';
import { defineEntity } from '../../ledger/define-entity.js';
import { defineEvent } from '../../ledger/event-registry.js';
import { runIdSchema } from '../../runs/run-events.js';

export const BackupSetUsed = defineEvent({
  type: 'BackupSetUsed',
  category: 'setuse',
  meaning: 'A run uses a backup set, so that retention leaves the set alone until the run has ended.',
  importance: 'minor',
  data: z.strictObject({ runId: runIdSchema }),
});

/** The runs that use a backup set. They have a stream of their own, because they change nothing in the set. */
export const setUsesEntity = defineEntity({
  category: 'setuse',
  streams: '<tenant>.<set>',
  events: [BackupSetUsed],
});
