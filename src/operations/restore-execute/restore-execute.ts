import { z } from 'zod';
import { readMapping } from '../../entities/mapping/read-mapping.js';
import { READ_PERMISSIONS, WRITE_PERMISSIONS } from '../../policies/catalogue/policy-types.js';
import { bounded, runIdSchema } from '../../runs/run-events.js';
import { directoryOf } from '../../tenancy/connected-directory.js';
import { readTenant } from '../../tenancy/tenant-commands.js';
import type { TenantState } from '../../tenancy/tenant-state.js';
import { count, number } from '../../wording/number-words.js';
import { RunBudgetSpent } from '../budgets.js';
import { defineOperation } from '../define.js';
import { countsSoFar } from '../handling/item-outcomes.js';
import { NOT_CONNECTED, type Refusal } from '../plan.js';
import { RESTORE_REQUEST_TIMEOUT_MS } from '../restore-policy/restore-one.js';
import { outdatedBy } from '../restore-preview/outdated-preview.js';
import { tenantPairOf } from '../restore-preview/restore-options.js';
import { isBetweenTenants } from '../restore-source/other-tenant-right.js';
import { planSource } from '../restore-source/plan-source.js';
import { recordRestored } from '../restore-source/record-use.js';
import { openRestoreSource } from '../restore-source/restore-source.js';
import type { RunHandle } from '../run-handle.js';
import type { WordsOf } from '../vocabulary.js';
import { LIVE_SCOPE, RESTORE_TYPE } from './alone-in-directory.js';
import { executeVocabulary } from './execute-vocabulary.js';
import { readPreview } from './read-preview.js';
import { mergeApplied } from './restore-applied.js';
import { restorePolicies } from './restore-policies.js';
import { openUndoSet } from './undo-set.js';

type Words = WordsOf<typeof executeVocabulary>;

/** A restore that no worker has taken for this long ends, so that it doesn't write at a time when nobody expects it. */
const WAIT_LIMIT_MS = 2 * 60 * 60_000;
const TITLE_LENGTH_MAX = 500;

const contextSchema = z.strictObject({ previewRunId: runIdSchema, dryRun: z.boolean() });

/** Carries out a preview: as a dry run, which writes nothing, or live, one at a time in a tenant (K7). */
export const restoreExecute = defineOperation({
  type: RESTORE_TYPE,
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
  waitLimitMs: WAIT_LIMIT_MS,
  changesOutside: ({ dryRun }) => !dryRun,
  ...executeVocabulary,
  async plan({ previewRunId, dryRun, tenantName }, { ledger, tenantId, connected, now, allowsIn }) {
    if (!connected) return NOT_CONNECTED;
    const preview = await readPreview(ledger, tenantId, previewRunId);
    if (!preview) return refused('preview_missing');
    const { options } = preview;
    const pair = tenantPairOf(options, tenantId);
    const source = await planSource({ ledger, allowsIn }, pair, options.setId);
    if ('refusal' in source) return source;
    const { revision: mappingRevision } = await readMapping(ledger, pair);
    const { state: tenant } = await readTenant(ledger, tenantId);
    const outdated = outdatedBy(
      { ...preview, mappingRevision: options.mappingRevision },
      { now, mappingRevision, directory: connectedTo(tenant) },
    );
    // A dry run writes nothing, so it may be of an old preview.
    if (outdated !== null && !(dryRun && outdated === 'age')) return refused('preview_outdated');
    if (!dryRun && tenantName !== tenant.registered?.name) return refused('tenant_name_differs');
    return {
      plan: {
        scope: dryRun ? { previewRunId } : LIVE_SCOPE,
        context: { previewRunId, dryRun },
        title: bounded(`${dryRun ? 'Dry run of a restore' : 'Restore'} of ${source.words}`, TITLE_LENGTH_MAX),
        total: preview.policies.length,
        related: [
          { relation: 'preview', kind: 'run', id: previewRunId, label: 'Preview' },
          { relation: 'restores', ...source.link },
        ],
      },
    };
  },
  async handle(run, { previewRunId, dryRun }, services) {
    const preview = await readPreview(services.ledger, run.tenantId, previewRunId);
    if (!preview) throw run.failure('artifact_missing', 'The preview is not in the log any more.');
    const { setId } = preview.options;
    const pair = tenantPairOf(preview.options, run.tenantId);
    const use = dryRun ? 'dry_run' : 'live';
    const source = await openRestoreSource(run, services, pair, { setId, use });
    const { name } = source.set;
    const undoSet = dryRun ? null : await openUndoSet(run, services.ledger, `Before the restore of ${name}`);
    /** Records in the tenant of the restored set what was done. */
    const recordAtSource = async () => {
      if (!dryRun && isBetweenTenants(pair))
        await recordRestored(run, services.ledger, pair, { setId, name });
    };
    try {
      await restorePolicies({ run, services, preview, source, dryRun, undoSet });
      await run.flush();
    } catch (error) {
      // After any other abort the next attempt goes on.
      if (!run.signal.aborted || run.signal.reason instanceof RunBudgetSpent) await recordAtSource();
      throw error;
    }
    await recordAtSource();
    const undo = undoSet?.id();
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

const connectedTo = ({ graphBaseUrl: baseUrl, graphSignIn: signIn }: TenantState) =>
  baseUrl === null ? null : directoryOf({ baseUrl, signIn });

function refused(code: 'preview_missing' | 'preview_outdated' | 'tenant_name_differs'): {
  readonly refusal: Refusal<Words>;
} {
  const { meaning, advice } = executeVocabulary.reasonCodes[code];
  return { refusal: { code, message: `${meaning} ${advice}` } };
}

function summaryOf(run: RunHandle<Words>, dryRun: boolean): string {
  const { succeeded, skipped, failed } = countsSoFar(run);
  const written = `${count(succeeded, 'policy', 'policies')} ${dryRun ? 'would be written' : 'written'}`;
  const parts = [written, `${number(skipped)} left`];
  if (failed > 0) parts.push(`${number(failed)} failed`);
  return parts.join(', ');
}
