import { z } from 'zod';
import { scopeKeyOf, selectionInWords, selectionSchema } from '../../policies/selection.js';
import { explained } from '../../runs/reason-codes.js';
import { runIdSchema } from '../../runs/run-events.js';
import { count, number } from '../../wording/number-words.js';
import { defineOperation } from '../define.js';
import { scopeKeySchema } from '../inventory-sync/inventory-events.js';
import { findUsableInventories, isUsableInventory } from '../inventory-sync/usable-inventories.js';
import type { OperationServices } from '../operation-services.js';
import type { Refusal } from '../plan.js';
import { RunFailure } from '../run-failure.js';
import type { RunHandle } from '../run-handle.js';
import { schedulable } from '../schedulable.js';
import type { CommonWords } from '../vocabulary.js';
import { compare, type DriftContext, recordEqual } from './compare-match.js';
import { type DriftWords, driftVocabulary } from './drift-vocabulary.js';
import { matchInventories } from './match-inventories.js';
import { mergeFindings } from './merge-findings.js';
import { namesForEvidence } from './names-for-evidence.js';
import { createPolicyContents } from './policy-contents.js';
import { type Inventory, readInventory } from './read-inventory.js';

const inputSchema = z
  .strictObject({
    /** Which inventories to compare: by their selection, or by their scope key. Default: those of all policies. */
    selection: selectionSchema.optional(),
    scopeKey: scopeKeySchema.optional(),
    /** Default: the newest usable inventory, and the one before it. */
    currentRunId: runIdSchema.optional(),
    baselineRunId: runIdSchema.optional(),
  })
  .refine((input) => !(input.selection && input.scopeKey), 'give a selection or a scope key, not both');

const contextSchema = z.strictObject({
  scopeKey: scopeKeySchema,
  baselineRunId: runIdSchema,
  currentRunId: runIdSchema,
}) satisfies z.ZodType<DriftContext>;

/** An item reads and compares two stored policies and waits for nothing outside. */
const ITEM_BUDGET_MS = 2 * 60_000;

export const driftGenerate = defineOperation({
  type: 'drift.generate',
  // Runs of version 1 record an item for each equal policy. Programs of that version can't continue runs that refer to
  // the items of an inventory.
  version: 2,
  contextUpcasters: { 1: (context) => context },
  label: 'Drift',
  description: 'Compares two inventories of the same selection and names what differs.',
  itemisedBy: 'policy',
  input: inputSchema,
  withoutInput: 'the two newest inventories of all policies',
  scope: contextSchema,
  context: contextSchema,
  ...driftVocabulary,
  schedulable: schedulable({
    given: selectionSchema,
    fields: [
      {
        name: 'policyTypes',
        kind: 'policy_types',
        label: 'Policy types',
        hint: 'The two newest inventories of exactly these types are compared; choose none for those of all policies.',
      },
    ],
    inWords: selectionInWords,
    inputOf: (selection) => ({ selection }),
  }),
  itemBudgetMs: ITEM_BUDGET_MS,
  async plan(input, { ledger, tenantId }) {
    const scopeKey = input.scopeKey ?? scopeKeyOf(input.selection ?? {});
    const chosen = await chooseInventories(input, (wanted) =>
      findUsableInventories(ledger, tenantId, scopeKey, wanted),
    );
    if ('refusal' in chosen) return chosen;
    const { baselineRunId, currentRunId } = chosen;
    for (const runId of chosen.unchecked)
      if (!(await isUsableInventory(ledger, tenantId, scopeKey, runId)))
        return refused('inventory_not_usable');
    return {
      plan: {
        scope: { scopeKey, baselineRunId, currentRunId },
        context: { scopeKey, baselineRunId, currentRunId },
        title: 'Drift between two inventories',
        total: null,
        related: [
          { relation: 'baseline', kind: 'run', id: baselineRunId, label: 'Baseline inventory' },
          { relation: 'current', kind: 'run', id: currentRunId, label: 'Current inventory' },
        ],
      },
    };
  },
  async handle(run, context, services) {
    const { baselineRunId, currentRunId } = context;
    const [baseline, current] = await Promise.all([
      inventoryOf(run, services, baselineRunId, context),
      inventoryOf(run, services, currentRunId, context),
    ]);
    const contents = createPolicyContents(services.artifacts, run.tenantId);
    const { matches, moves, notComparable, unused } = await matchInventories(baseline, current, contents);
    await run.setTotal(matches.length + notComparable.length + unused.length);
    for (const item of notComparable) await run.record(item);
    for (const policy of unused) await recordEqual(run, policy);
    const namesFor = await namesForEvidence(services, run.tenantId, [baseline, current]);
    const comparison = { run, context, contents, moves, namesFor, ledger: services.ledger };
    let findings = 0;
    let compared = unused.length;
    for (const match of matches) {
      run.signal.throwIfAborted();
      const found = await compare(comparison, match);
      if (found === null) continue;
      findings += found;
      compared += 1;
    }
    await run.flush();
    return {
      summary: summaryOf(
        findings,
        compared,
        matches.length + unused.length - compared + notComparable.length,
      ),
      related: [
        {
          relation: 'produced',
          kind: 'findings',
          id: context.scopeKey,
          label: count(findings, 'finding'),
        },
      ],
    };
  },
  merge: mergeFindings,
});

const refused = (code: CommonWords['refusal']): { readonly refusal: Refusal } => ({
  refusal: { code, message: explained(code) },
});

interface ChosenInventories {
  readonly baselineRunId: string;
  readonly currentRunId: string;
  /** The inventories that a person chose. They may be any runs, so they must be checked. */
  readonly unchecked: readonly string[];
}

/** The two different inventories to compare, or the refusal when there aren't two. */
async function chooseInventories(
  input: z.output<typeof inputSchema>,
  newest: (wanted: number) => Promise<readonly { readonly runId: string }[]>,
): Promise<{ readonly refusal: Refusal } | ChosenInventories> {
  const usable = input.baselineRunId && input.currentRunId ? [] : await newest(2);
  const currentRunId = input.currentRunId ?? usable[0]?.runId;
  const baselineRunId = input.baselineRunId ?? usable.find(({ runId }) => runId !== currentRunId)?.runId;
  if (!currentRunId || !baselineRunId || currentRunId === baselineRunId)
    return refused('needs_two_inventories');
  const known = new Set(usable.map(({ runId }) => runId));
  const unchecked = [baselineRunId, currentRunId].filter((runId) => !known.has(runId));
  return { baselineRunId, currentRunId, unchecked };
}

async function inventoryOf(
  run: RunHandle<DriftWords>,
  { ledger }: OperationServices,
  runId: string,
  { scopeKey }: DriftContext,
): Promise<Inventory> {
  const inventory = await readInventory(ledger, run.tenantId, runId, scopeKey);
  if (!inventory) throw new RunFailure('unexpected', `The inventory ${runId} is not in the log any more.`);
  return inventory;
}

function summaryOf(findings: number, compared: number, notComparable: number): string {
  const found = `${count(findings, 'finding')} in ${count(compared, 'policy', 'policies')}`;
  return notComparable === 0 ? found : `${found}, ${number(notComparable)} not comparable`;
}
