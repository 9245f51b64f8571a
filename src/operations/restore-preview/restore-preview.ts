import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import { readMapping } from '../../entities/mapping/read-mapping.js';
import { count } from '../../number-words.js';
import { READ_PERMISSIONS } from '../../policies/catalogue/policy-types.js';
import { explained } from '../../runs/reason-codes.js';
import { bounded } from '../../runs/run-events.js';
import { defineOperation } from '../define.js';
import { graphCallOf } from '../graph-call-of.js';
import { NOT_CONNECTED, type Refusal } from '../plan.js';
import type { RunHandle } from '../run-handle.js';
import { useBackupSet } from '../use-backup-set.js';
import { chosenSnapshots } from './chosen-snapshots.js';
import { mergePlans } from './merge-plans.js';
import { planSet } from './plan-set.js';
import {
  previewContextSchema,
  restoreOptionsSchema,
  restoreScopeOf,
  restoreScopeSchema,
  tenantPairOf,
} from './restore-options.js';
import { type PreviewWords, previewVocabulary } from './restore-vocabulary.js';

const TITLE_LENGTH_MAX = 500;

/** Says what restoring a backup set would do with each of its policies, and writes nothing (K5). */
export const restorePreview = defineOperation({
  type: 'restore.preview',
  label: 'Restore preview',
  description: 'Compares a backup set with the tenant and says what a restore would create, change or leave.',
  itemisedBy: 'policy',
  input: restoreOptionsSchema,
  scope: restoreScopeSchema,
  context: previewContextSchema,
  permissions: READ_PERMISSIONS,
  ...previewVocabulary,
  async plan(options, { ledger, tenantId, connected }) {
    if (!connected) return NOT_CONNECTED;
    const set = await readBackupSet(ledger, tenantId, options.setId);
    if (!set || set.expiredBecause !== null) return refused();
    const chosen = chosenSnapshots(set, options);
    if (chosen.length === 0) return refused();
    const { revision: mappingRevision } = await readMapping(ledger, tenantPairOf(options, tenantId));
    const context = { ...options, mappingRevision };
    return {
      plan: {
        scope: restoreScopeOf(context),
        context,
        title: bounded(`Restore preview of ${set.name}`, TITLE_LENGTH_MAX),
        total: chosen.length,
        related: [{ relation: 'previews', kind: 'backup_set', id: options.setId, label: set.name }],
      },
    };
  },
  async handle(run, options, services) {
    await useBackupSet(run, services.ledger, options.setId);
    const set = await readBackupSet(services.ledger, run.tenantId, options.setId);
    if (!set) throw run.failure('artifact_missing', 'The backup set is not in the log any more.');
    const graph = await services.graph({ tenantId: run.tenantId, run });
    await planSet({ run, options, services, graph, call: graphCallOf(run) }, chosenSnapshots(set, options));
    await run.flush();
    return {
      summary: summaryOf(run),
      related: [
        { relation: 'produced', kind: 'restore_preview', id: run.runId, label: 'What would be done' },
      ],
    };
  },
  merge: mergePlans,
});

const refused = (): { readonly refusal: Refusal<PreviewWords> } => ({
  refusal: { code: 'set_not_restorable', message: explained('set_not_restorable') },
});

function summaryOf(run: RunHandle<PreviewWords>): string {
  const outcomes = [...run.recorded.values()];
  const number = (outcome: string) => outcomes.filter((item) => item.outcome === outcome).length;
  const parts = [
    `${count(number('succeeded'), 'policy', 'policies')} to write`,
    `${number('skipped')} to leave`,
    ...(number('failed') > 0 ? [`${number('failed')} that can’t be restored`] : []),
  ];
  return parts.join(', ');
}
