import { z } from 'zod';
import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import { readMapping } from '../../entities/mapping/read-mapping.js';
import { isEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { count } from '../../number-words.js';
import { READ_PERMISSIONS, WRITE_PERMISSIONS } from '../../policies/catalogue/policy-types.js';
import { explained } from '../../runs/reason-codes.js';
import { bounded, runIdSchema } from '../../runs/run-events.js';
import { TenantRegistered, tenantStream } from '../../tenancy/tenant-events.js';
import { defineOperation } from '../define.js';
import { NOT_CONNECTED, type Refusal } from '../plan.js';
import { RESTORE_REQUEST_TIMEOUT_MS } from '../restore-policy/restore-one.js';
import { tenantPairOf } from '../restore-preview/restore-options.js';
import type { RunHandle } from '../run-handle.js';
import { useBackupSet } from '../use-backup-set.js';
import type { WordsOf } from '../vocabulary.js';
import { executeVocabulary } from './execute-vocabulary.js';
import { keepUndoSet } from './keep-undo-set.js';
import { readPreview } from './read-preview.js';
import { mergeApplied } from './restore-applied.js';
import { restorePolicies } from './restore-policies.js';

type Words = WordsOf<typeof executeVocabulary>;

/** A live restore needs a preview that ended at most this long ago; what is there is compared again right before writing. */
const PREVIEW_AGE_MAX_MS = 24 * 60 * 60_000;
const TITLE_LENGTH_MAX = 500;

const contextSchema = z.strictObject({ previewRunId: runIdSchema, dryRun: z.boolean() });

/** Carries out a preview: as a dry run, which writes nothing, or live, one at a time in a tenant (K7). */
export const restoreExecute = defineOperation({
  type: 'restore.execute',
  label: 'Restore',
  description:
    'Writes the policies of a previewed restore to the tenant, or says in a dry run what it would write.',
  itemisedBy: 'policy',
  input: z.strictObject({
    previewRunId: runIdSchema,
    /** Whether nothing is to be written. */
    dryRun: z.boolean(),
    /** The tenant's name, typed by the person who starts a live restore. */
    tenantName: z.string().max(200).optional(),
  }),
  scope: z.union([z.strictObject({ previewRunId: runIdSchema }), z.strictObject({ live: z.literal(true) })]),
  context: contextSchema,
  capability: ({ dryRun }) => (dryRun ? 'runs.start' : 'restores.start_live'),
  permissions: [...READ_PERMISSIONS, ...WRITE_PERMISSIONS],
  effectTimeoutMs: RESTORE_REQUEST_TIMEOUT_MS,
  changesOutside: ({ dryRun }) => !dryRun,
  ...executeVocabulary,
  async plan({ previewRunId, dryRun, tenantName }, { ledger, tenantId, connected, now }) {
    if (!connected) return NOT_CONNECTED;
    const preview = await readPreview(ledger, tenantId, previewRunId);
    if (!preview) return refused('preview_missing');
    const set = await readBackupSet(ledger, tenantId, preview.options.setId);
    if (!set || set.expiredBecause !== null)
      return { refusal: { code: 'set_not_restorable', message: explained('set_not_restorable') } };
    const { options } = preview;
    const { revision } = await readMapping(ledger, tenantPairOf(options, tenantId));
    if (revision !== options.mappingRevision) return refused('preview_outdated');
    if (!dryRun && now - preview.endedAt > PREVIEW_AGE_MAX_MS) return refused('preview_outdated');
    if (!dryRun && tenantName !== (await nameOf(ledger, tenantId))) return refused('tenant_name_differs');
    return {
      plan: {
        scope: dryRun ? { previewRunId } : { live: true as const },
        context: { previewRunId, dryRun },
        title: bounded(`${dryRun ? 'Dry run of a restore' : 'Restore'} of ${set.name}`, TITLE_LENGTH_MAX),
        total: preview.policies.length,
        related: [
          { relation: 'preview', kind: 'run', id: previewRunId, label: 'Preview' },
          { relation: 'restores', kind: 'backup_set', id: preview.options.setId, label: set.name },
        ],
      },
    };
  },
  async handle(run, { previewRunId, dryRun }, services) {
    const preview = await readPreview(services.ledger, run.tenantId, previewRunId);
    if (!preview) throw run.failure('artifact_missing', 'The preview is not in the log any more.');
    await useBackupSet(run, services.ledger, preview.options.setId);
    const set = await readBackupSet(services.ledger, run.tenantId, preview.options.setId);
    if (!set) throw run.failure('artifact_missing', 'The backup set is not in the log any more.');
    const keepBefore = async () =>
      dryRun ? undefined : keepUndoSet(run, services.ledger, `Before the restore of ${set.name}`);
    try {
      await restorePolicies({ run, services, preview, set, dryRun });
      await run.flush();
    } catch (error) {
      // What was written before the run failed can be put back as well; after an abort the next attempt goes on.
      if (!run.signal.aborted) await keepBefore();
      throw error;
    }
    const undo = await keepBefore();
    return {
      summary: summaryOf(run, dryRun),
      related: [
        ...(undo
          ? ([{ relation: 'produced', kind: 'backup_set', id: undo, label: 'As it was before' }] as const)
          : []),
        { relation: 'produced' as const, kind: 'restore' as const, id: run.runId, label: 'What was done' },
      ],
    };
  },
  merge: mergeApplied,
});

function refused(code: 'preview_missing' | 'preview_outdated' | 'tenant_name_differs'): {
  readonly refusal: Refusal<Words>;
} {
  const { meaning, advice } = executeVocabulary.reasonCodes[code];
  return { refusal: { code, message: `${meaning} ${advice}` } };
}

/** The name under which the tenant is registered. */
async function nameOf(ledger: LedgerReader, tenantId: string): Promise<string | undefined> {
  for await (const event of ledger.read(tenantStream(tenantId)))
    if (isEvent(event, TenantRegistered)) return event.data.name;
  return undefined;
}

function summaryOf(run: RunHandle<Words>, dryRun: boolean): string {
  const outcomes = [...run.recorded.values()];
  const number = (outcome: string) => outcomes.filter((item) => item.outcome === outcome).length;
  const written = count(number('succeeded'), 'policy', 'policies');
  const failed = number('failed') === 0 ? '' : `, ${number('failed')} failed`;
  return `${written} ${dryRun ? 'would be written' : 'written'}, ${number('skipped')} left${failed}`;
}
