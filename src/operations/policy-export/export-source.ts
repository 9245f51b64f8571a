import { z } from 'zod';
import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import { policyKeyOf, snapshotIdSchema } from '../../entities/policy/policy.js';
import type { JsonObject } from '../../ledger/canonical-json.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { runIdSchema } from '../../runs/run-events.js';
import { findSnapshot } from '../../snapshots/read-snapshot.js';
import {
  choiceInWords,
  choiceJson,
  policiesIn,
  policyChoiceSchema,
  policyRefSchema,
} from '../policy-choice/policy-choice.js';
import { choiceProblem } from '../policy-choice/read-choice.js';
import type { Link, WordsOf } from '../vocabulary.js';
import type { EXPORT_VOCABULARY } from './export-vocabulary.js';

/**
 * Where the policies of an export come from: chosen ones, or all, as Graph has them when the run reads them; all
 * stored ones of a backup set; one version of a policy that a snapshot keeps, or that an inventory saw.
 */
export const exportSourceSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('graph'), policies: policyChoiceSchema }),
  z.strictObject({ from: z.literal('backup_set'), setId: z.guid() }),
  z.strictObject({ from: z.literal('snapshot'), snapshotId: snapshotIdSchema }),
  z.strictObject({
    from: z.literal('observation'),
    /** The inventory that saw the policy. */
    runId: runIdSchema,
    ...policyRefSchema.shape,
  }),
]);
export type ExportSource = z.output<typeof exportSourceSchema>;

/** The source as JSON, without undefined fields. */
export const sourceJson = (source: ExportSource): JsonObject =>
  source.from === 'graph' ? { ...source, policies: choiceJson(source.policies) } : { ...source };

/** What a plan needs to know of a source. */
export interface PlannedExport {
  /** In words: “40 policies”, the name of a set, the name of a policy. */
  readonly title: string;
  /** Null when it is known only after reading. */
  readonly policies: number | null;
  /** The set or the version that is exported. */
  readonly related: readonly Link<WordsOf<typeof EXPORT_VOCABULARY>>[];
}

/** A sentence that says why the source can't be exported and what to do. */
export interface SourceProblem {
  readonly problem: string;
}

/**
 * Looks at a source before a run is started; it reads a few events. `name` is the policy's name as a page shows it.
 * Errors: those of the ledger.
 */
export async function planExport(
  ledger: LedgerReader,
  tenantId: string,
  { source, name }: { readonly source: ExportSource; readonly name?: string | undefined },
): Promise<PlannedExport | SourceProblem> {
  if (source.from === 'graph') {
    const problem = await choiceProblem(ledger, tenantId, source.policies);
    if (problem !== null) return { problem };
    return { title: choiceInWords(source.policies), policies: policiesIn(source.policies), related: [] };
  }
  if (source.from === 'observation') {
    const { runId, policyType, policyId } = source;
    const problem = await choiceProblem(ledger, tenantId, {
      from: 'inventory',
      runId,
      policyTypes: undefined,
    });
    if (problem !== null) return { problem };
    const [id, label] = [policyKeyOf(tenantId, policyType, policyId), name || policyId];
    const related = [{ relation: 'read', kind: 'policy', id, label }] as const;
    return { title: `one version of “${label}”`, policies: 1, related };
  }
  if (source.from === 'snapshot') {
    const snapshot = await findSnapshot(ledger, tenantId, source.snapshotId);
    if (!snapshot) return { problem: 'This tenant has no such version. Choose one on the policy’s page.' };
    const related = [
      { relation: 'read', kind: 'snapshot', id: source.snapshotId, label: snapshot.name },
    ] as const;
    return { title: `one version of “${snapshot.name}”`, policies: 1, related };
  }
  const set = await readBackupSet(ledger, tenantId, source.setId);
  if (!set)
    return { problem: 'This tenant has no such backup set. Choose one from the list of backup sets.' };
  if (set.items.size === 0)
    return { problem: 'This backup set holds no policy yet. Add policies to it, then export it.' };
  const related = [{ relation: 'read', kind: 'backup_set', id: source.setId, label: set.name }] as const;
  return { title: `the backup set “${set.name}”`, policies: set.items.size, related };
}
