import { z } from 'zod';
import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import { snapshotIdSchema } from '../../entities/policy/policy.js';
import type { JsonObject } from '../../ledger/canonical-json.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { findSnapshot } from '../../snapshots/read-snapshot.js';
import {
  choiceInWords,
  choiceJson,
  type NamedChoice,
  policiesIn,
  policyChoiceSchema,
} from '../policy-choice/policy-choice.js';
import { choiceProblem } from '../policy-choice/read-choice.js';
import type { Link, WordsOf } from '../vocabulary.js';
import type { EXPORT_VOCABULARY } from './export-vocabulary.js';

const namedChoiceSchema = policyChoiceSchema.refine(
  (choice): choice is NamedChoice => choice.from !== 'tenant',
  'names no policies: choose those of an inventory, or list them',
);

/**
 * Where the policies of an export come from: chosen ones as Graph has them when the run reads them, all stored ones of
 * a backup set, or one stored version of a policy.
 */
export const exportSourceSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('graph'), policies: namedChoiceSchema }),
  z.strictObject({ from: z.literal('backup_set'), setId: z.guid() }),
  z.strictObject({ from: z.literal('snapshot'), snapshotId: snapshotIdSchema }),
]);
export type ExportSource = z.output<typeof exportSourceSchema>;

/** The source as JSON, without undefined fields. */
export const sourceJson = (source: ExportSource): JsonObject =>
  source.from === 'graph' ? { ...source, policies: choiceJson(source.policies) } : { ...source };

/** What a plan needs to know of a source. */
export interface PlannedSource {
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

/** Looks at a source before a run is started; it reads a few events. Errors: those of the ledger. */
export async function planSource(
  ledger: LedgerReader,
  tenantId: string,
  source: ExportSource,
): Promise<PlannedSource | SourceProblem> {
  if (source.from === 'graph') {
    const problem = await choiceProblem(ledger, tenantId, source.policies);
    if (problem !== null) return { problem };
    return { title: choiceInWords(source.policies), policies: policiesIn(source.policies), related: [] };
  }
  if (source.from === 'snapshot') {
    const snapshot = await findSnapshot(ledger, tenantId, source.snapshotId);
    if (!snapshot) return { problem: 'This tenant has no such version. Choose one on the policy’s page.' };
    const related = [
      { relation: 'read', kind: 'snapshot', id: source.snapshotId, label: snapshot.name },
    ] as const;
    return { title: `one version of ${snapshot.name}`, policies: 1, related };
  }
  const set = await readBackupSet(ledger, tenantId, source.setId);
  if (!set)
    return { problem: 'This tenant has no such backup set. Choose one from the list of backup sets.' };
  if (set.items.size === 0)
    return { problem: 'This backup set holds no policy yet. Add policies to it, then export it.' };
  const related = [{ relation: 'read', kind: 'backup_set', id: source.setId, label: set.name }] as const;
  return { title: `the backup set ${set.name}`, policies: set.items.size, related };
}
