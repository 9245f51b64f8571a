import { z } from 'zod';
import { canonicalJson } from '../../ledger/canonical-json.js';
import type { DraftOf } from '../../ledger/event-registry.js';
import { findingsOfMatch, type PolicyFinding } from '../../policies/compare-policy-sets.js';
import { matchPolicies, type PolicyKey, type PolicyMatch } from '../../policies/match-policies.js';
import { policyTypeNamed } from '../../policies/policy-types.js';
import { explained } from '../../runs/reason-codes.js';
import { bounded, runIdSchema } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { defineOperation } from '../define.js';
import { type ObservedPolicy, scopeKeySchema } from '../inventory-sync/inventory-events.js';
import { scopeKeyOf, selectionSchema } from '../inventory-sync/selection.js';
import { decodeStoredPolicy, type StoredPolicy } from '../inventory-sync/stored-policy.js';
import type { OperationServices } from '../operation-services.js';
import type { Refusal } from '../plan.js';
import { RunFailure } from '../run-failure.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords, Outcome, WordsOf } from '../vocabulary.js';
import { EVENT_BYTES_MAX, type Finding, FindingsDetected } from './drift-events.js';
import { evidenceOf } from './evidence.js';
import { findUsableInventories, type Inventory, readInventory } from './usable-inventories.js';

const inputSchema = z
  .strictObject({
    /** Which inventories: by what they select, or by their scope key. Left out: those of all policies. */
    selection: selectionSchema.optional(),
    scopeKey: scopeKeySchema.optional(),
    /** Left out: the newest usable inventory, and the one before it. */
    currentRunId: runIdSchema.optional(),
    baselineRunId: runIdSchema.optional(),
  })
  .refine((input) => !(input.selection && input.scopeKey), 'give a selection or a scope key, not both');

const contextSchema = z.strictObject({
  scopeKey: scopeKeySchema,
  baselineRunId: runIdSchema,
  currentRunId: runIdSchema,
});
type Context = z.output<typeof contextSchema>;

const FINGERPRINT_LENGTH = 32;
/** Two stored policies are read and compared; nothing outside is waited for. */
const ITEM_BUDGET_MS = 2 * 60_000;

/** What its runs may write besides what every run may. */
const vocabulary = {
  reasonCodes: {},
  events: [FindingsDetected],
  linkKinds: ['findings'],
} as const;
type Run = RunHandle<WordsOf<typeof vocabulary>>;

export const driftGenerate = defineOperation({
  type: 'drift.generate',
  label: 'Drift',
  description: 'Compares two inventories of the same selection and names what differs.',
  itemisedBy: 'policy',
  input: inputSchema,
  scope: contextSchema,
  context: contextSchema,
  ...vocabulary,
  itemBudgetMs: ITEM_BUDGET_MS,
  async plan(input, { ledger, tenantId }) {
    const scopeKey = input.scopeKey ?? scopeKeyOf(input.selection ?? {});
    const chosen = await chooseInventories(input, (wanted) =>
      findUsableInventories(ledger, tenantId, scopeKey, wanted),
    );
    if ('refusal' in chosen) return chosen;
    const { baselineRunId, currentRunId } = chosen;
    for (const runId of [baselineRunId, currentRunId])
      if (!(await readInventory(ledger, tenantId, runId, scopeKey))) return refused('inventory_not_usable');
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
    const [baseline, current] = await Promise.all(
      [context.baselineRunId, context.currentRunId].map((runId) =>
        inventoryOf(run, services, runId, context),
      ),
    );
    if (!baseline || !current) throw new RunFailure('unexpected', 'An inventory is missing.');
    const comparable = typesReadByBoth(baseline, current);
    const { matches, skipped } = matched(baseline, current, comparable);
    await run.setTotal(matches.length + skipped.size);
    for (const policy of skipped.values()) await run.record(notComparable(policy, baseline, current));
    let findings = 0;
    for (const match of matches) {
      run.signal.throwIfAborted();
      findings += await compare(run, match, context, services);
    }
    await run.flush();
    const policies = `${matches.length} ${matches.length === 1 ? 'policy' : 'policies'}`;
    return {
      summary: `${findings} ${findings === 1 ? 'finding' : 'findings'} in ${policies}`,
      related: [
        { relation: 'produced', kind: 'findings', id: context.scopeKey, label: `${findings} findings` },
      ],
    };
  },
  merge: mergeFindings,
});

const refused = (code: CommonWords['refusal']): { readonly refusal: Refusal } => ({
  refusal: { code, message: explained(code) },
});

/** The two inventories to compare; they must be two different ones. */
async function chooseInventories(
  input: z.output<typeof inputSchema>,
  newest: (wanted: number) => Promise<readonly { readonly runId: string }[]>,
): Promise<{ readonly refusal: Refusal } | { baselineRunId: string; currentRunId: string }> {
  const usable = input.baselineRunId && input.currentRunId ? [] : await newest(2);
  const currentRunId = input.currentRunId ?? usable[0]?.runId;
  const baselineRunId = input.baselineRunId ?? usable.find(({ runId }) => runId !== currentRunId)?.runId;
  if (!currentRunId || !baselineRunId || currentRunId === baselineRunId)
    return refused('needs_two_inventories');
  return { baselineRunId, currentRunId };
}

async function inventoryOf(
  run: Run,
  { ledger }: OperationServices,
  runId: string,
  { scopeKey }: Context,
): Promise<Inventory> {
  const inventory = await readInventory(ledger, run.tenantId, runId, scopeKey);
  if (!inventory) throw new RunFailure('unexpected', `The inventory ${runId} is not in the log any more.`);
  return inventory;
}

function typesReadByBoth(baseline: Inventory, current: Inventory): ReadonlySet<string> {
  return new Set([...baseline.completeTypes].filter((type) => current.completeTypes.has(type)));
}

interface SeenPolicy extends PolicyKey {
  readonly seen: ObservedPolicy;
}

/** Pairs the policies of comparable types; the others are skipped, one item each, whichever side saw them. */
function matched(baseline: Inventory, current: Inventory, comparable: ReadonlySet<string>) {
  const keyed = ({ policies }: Inventory): SeenPolicy[] =>
    policies.map((seen) => ({ policyType: seen.policyType, id: seen.policyId, name: seen.name, seen }));
  const [before, after] = [keyed(baseline), keyed(current)];
  const skipped = new Map<string, ObservedPolicy>();
  for (const { seen } of [...before, ...after])
    if (!comparable.has(seen.policyType)) skipped.set(seen.itemId, seen);
  const wanted = (list: SeenPolicy[]) => list.filter((policy) => comparable.has(policy.policyType));
  return { matches: matchPolicies(wanted(before), wanted(after)), skipped };
}

/** Compares one pair, records its item with what it found, and says how many findings that was. */
async function compare(
  run: Run,
  match: PolicyMatch<SeenPolicy>,
  context: Context,
  services: OperationServices,
): Promise<number> {
  const policy = (match.after ?? match.before)?.seen;
  if (!policy) return 0;
  const { itemId } = policy;
  const { scopeKey, baselineRunId, currentRunId } = context;
  let findings: readonly Finding[];
  try {
    findings = await run.withinItemBudget(async () => {
      const found = await differences(run, match, services);
      return Promise.all(found.map((finding) => findingOf(run, itemId, finding, match, scopeKey, services)));
    });
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error;
    await run.record({
      ...itemOf(policy),
      outcome: 'failed',
      reasonCode: error.reasonCode,
      reason: error.message,
    });
    return 0;
  }
  const outcome: Outcome = { ...itemOf(policy), outcome: 'succeeded', reasonCode: null, reason: null };
  if (findings.length === 0) await run.record(outcome);
  else {
    const data = { scopeKey, baselineRunId, currentRunId, findings: [...findings] };
    await run.record(outcome, { type: 'FindingsDetected', data });
  }
  return findings.length;
}

/** Equal hashes mean equal content; only what differs is fetched and looked into. */
async function differences(
  run: Run,
  match: PolicyMatch<SeenPolicy>,
  services: OperationServices,
): Promise<readonly PolicyFinding[]> {
  const before = match.before?.seen;
  const after = match.after?.seen;
  if (!before || !after) return findingsOfMatch(match, null, null);
  const same = before.contentHash === after.contentHash && before.assignmentsHash === after.assignmentsHash;
  if (same && !match.recreated) return [];
  const [was, is] = await Promise.all([before, after].map((seen) => stored(run, seen, services)));
  return findingsOfMatch(match, was ?? null, is ?? null);
}

async function stored(
  run: Run,
  seen: ObservedPolicy,
  { artifacts }: OperationServices,
): Promise<StoredPolicy> {
  const bytes = await artifacts.get(run.tenantId, seen.artifact);
  if (!bytes)
    throw new RunFailure('artifact_missing', 'The stored content of one of the inventories is gone.');
  return decodeStoredPolicy(bytes);
}

async function findingOf(
  run: Run,
  itemId: string,
  finding: PolicyFinding,
  match: PolicyMatch<SeenPolicy>,
  scopeKey: string,
  { artifacts }: OperationServices,
): Promise<Finding> {
  const hashesOf = (seen: ObservedPolicy | undefined) =>
    finding.kind === 'assignment_changed' ? seen?.assignmentsHash : seen?.contentHash;
  const contentHashBefore = hashesOf(match.before?.seen) ?? null;
  const contentHashAfter = hashesOf(match.after?.seen) ?? null;
  const { kind, policyType, subjectId } = finding;
  const identity = [run.tenantId, scopeKey, policyType, subjectId, kind, contentHashBefore, contentHashAfter];
  const digest = await artifacts.digest(run.tenantId, canonicalJson(identity));
  return {
    itemId,
    fingerprint: digest.slice(0, FINGERPRINT_LENGTH),
    kind,
    policyType,
    subjectId,
    subjectIdBefore: finding.subjectIdBefore,
    name: shownName(finding.name),
    nameBefore: finding.nameBefore === null ? null : shownName(finding.nameBefore),
    recreated: finding.recreated,
    contentHashBefore,
    contentHashAfter,
    evidence: evidenceOf(finding),
  };
}

const shownName = (name: string): string => bounded(sanitizeText(name), 500);

const itemOf = (policy: ObservedPolicy) => ({
  itemId: policy.itemId,
  label: policy.name,
  subject: { type: policy.policyType, id: policy.policyId },
});

function notComparable(policy: ObservedPolicy, baseline: Inventory, current: Inventory): Outcome {
  const type = policy.policyType;
  const side = current.completeTypes.has(type) ? 'baseline' : 'current';
  const code = (side === 'baseline' ? baseline : current).failedTypes.get(type);
  const label = policyTypeNamed(type)?.label ?? type;
  return {
    ...itemOf(policy),
    outcome: 'skipped',
    reasonCode: 'not_comparable',
    reason: `${label} was not read completely in the ${side} inventory${code ? ` (${code})` : ''}.`,
  };
}

type FindingsDraft = DraftOf<typeof FindingsDetected>;

/** Joins single findings into events of a bounded size. */
function mergeFindings(produced: readonly FindingsDraft[]): readonly FindingsDraft[] {
  const merged: FindingsDraft[] = [];
  let part: Finding[] = [];
  let bytes = 0;
  const drafts = produced.map(({ data }) => data);
  const [first] = drafts;
  if (!first) return [];
  const close = () => {
    if (part.length > 0) merged.push({ type: 'FindingsDetected', data: { ...first, findings: part } });
    part = [];
    bytes = 0;
  };
  for (const finding of drafts.flatMap((data) => data.findings)) {
    const size = Buffer.byteLength(JSON.stringify(finding));
    if (bytes + size > EVENT_BYTES_MAX) close();
    part.push(finding);
    bytes += size;
  }
  close();
  return merged;
}
