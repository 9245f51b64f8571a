import { z } from 'zod';
import { defineEntity } from '../../ledger/define-entity.js';
import { defineEvent } from '../../ledger/event-registry.js';
import { runIdSchema } from '../../runs/run-events.js';
import { count } from '../../wording/number-words.js';
import { SET_NAME_LENGTH_MAX } from './backup-set-events.js';

const category = 'setuse';

export const BackupSetUsed = defineEvent({
  type: 'BackupSetUsed',
  category,
  meaning: 'A run uses a backup set, so that retention leaves the set alone until the run has ended.',
  importance: 'minor',
  data: z.strictObject({ runId: runIdSchema }),
});

const otherTenant = {
  /** The run of the other tenant. */
  runId: runIdSchema,
  otherTenantId: z.guid(),
  /** The name of the set at that time. */
  name: z.string().min(1).max(SET_NAME_LENGTH_MAX),
};

const useSchema = z.enum(['preview', 'dry_run', 'live']);
/** What a restore to another tenant does with a set. */
export type SetUse = z.infer<typeof useSchema>;

const USE_WORDS: Readonly<Record<SetUse, string>> = {
  preview: 'preview of a restore',
  dry_run: 'dry run of a restore',
  live: 'restore',
};

export const BackupSetUsedByOtherTenant = defineEvent({
  type: 'BackupSetUsedByOtherTenant',
  category,
  meaning:
    'A person uses a backup set for a restore to another tenant, or for a preview of one; retention leaves the set alone until that run has ended.',
  words: ({ otherTenantId, use }) => `${USE_WORDS[use]} to the tenant ${otherTenantId}`,
  data: z.strictObject({ ...otherTenant, use: useSchema }),
});

const number = z.int().min(0);

export const BackupSetRestoredToOtherTenant = defineEvent({
  type: 'BackupSetRestoredToOtherTenant',
  category,
  meaning: 'A live restore of a backup set to another tenant has come to its end.',
  words: ({ otherTenantId, succeeded, skipped, failed }) =>
    `${count(succeeded, 'policy', 'policies')} written, ${skipped} left and ${failed} failed in the tenant ${otherTenantId}`,
  data: z.strictObject({ ...otherTenant, succeeded: number, skipped: number, failed: number }),
});

/** The runs that use a backup set. They have a stream of their own, because they change nothing in the set. */
export const setUsesEntity = defineEntity({
  category,
  streams: '<tenant>.<set>',
  events: [BackupSetUsed, BackupSetUsedByOtherTenant, BackupSetRestoredToOtherTenant],
});
