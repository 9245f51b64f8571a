import { readMapping } from '../../entities/mapping/read-mapping.js';
import { READ_PERMISSIONS } from '../../policies/catalogue/policy-types.js';
import { bounded } from '../../runs/run-events.js';
import { directoryOf } from '../../tenancy/connected-directory.js';
import { count, number } from '../../wording/number-words.js';
import { defineOperation } from '../define.js';
import { graphCallOf } from '../handling/graph-call-of.js';
import { countsSoFar } from '../handling/item-outcomes.js';
import { NOT_CONNECTED } from '../plan.js';
import { planSource, SET_NOT_RESTORABLE } from '../restore-source/plan-source.js';
import { openRestoreSource } from '../restore-source/restore-source.js';
import type { RunHandle } from '../run-handle.js';
import { chosenSnapshots } from './chosen-snapshots.js';
import { mergePlans } from './merge-plans.js';
import { planSet } from './plan-set.js';
import {
  previewContextSchema,
  restoreOptionsSchema,
  restoreScopeOf,
  restoreScopeSchema,
  tenantPairOf,
  withoutOwnTenant,
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
  async plan(given, { ledger, tenantId, connected, allowsIn }) {
    if (!connected) return NOT_CONNECTED;
    const options = withoutOwnTenant(given, tenantId);
    const pair = tenantPairOf(options, tenantId);
    const source = await planSource({ ledger, allowsIn }, pair, options.setId);
    if ('refusal' in source) return source;
    const chosen = chosenSnapshots(source.set, options);
    if (chosen.length === 0) return SET_NOT_RESTORABLE;
    const { revision: mappingRevision } = await readMapping(ledger, pair);
    const context = { ...options, mappingRevision };
    return {
      plan: {
        scope: restoreScopeOf(context),
        context,
        title: bounded(`Restore preview of ${source.words}`, TITLE_LENGTH_MAX),
        total: chosen.length,
        related: [{ relation: 'previews', ...source.link }],
      },
    };
  },
  async handle(run, options, services) {
    const { setId } = options;
    const pair = tenantPairOf(options, run.tenantId);
    const source = await openRestoreSource(run, services, pair, { setId, use: 'preview' });
    const { tenantId } = run;
    const { connection, graph } = await services.connection({ tenantId, run, proposed: null });
    const directory = directoryOf(connection);
    const preview = { run, options, services, source, graph, directory, call: graphCallOf(run) };
    await planSet(preview, chosenSnapshots(source.set, options));
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

function summaryOf(run: RunHandle<PreviewWords>): string {
  const { succeeded, skipped, failed } = countsSoFar(run);
  const parts = [`${count(succeeded, 'policy', 'policies')} to write`, `${number(skipped)} to leave`];
  if (failed > 0) parts.push(`${number(failed)} that can’t be restored`);
  return parts.join(', ');
}
