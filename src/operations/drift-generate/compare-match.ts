import type { LedgerReader } from '../../ledger/ledger.js';
import { type PolicyType, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { findingsOfMatch, type PolicyFinding } from '../../policies/compare-policy-sets.js';
import { type DirectoryNames, NO_NAMES } from '../../policies/directory-names.js';
import { COMPARING_RULES } from '../../policies/hash-inputs.js';
import { notComparedOf } from '../../policies/linked-content.js';
import type { PolicyMatch } from '../../policies/match-policies.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { originKey } from '../../runs/repeated-items.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { succeeded } from '../handling/item-outcomes.js';
import { RunFailure } from '../run-failure.js';
import type { RunHandle } from '../run-handle.js';
import type { Finding } from './drift-events.js';
import type { DriftWords } from './drift-vocabulary.js';
import { evidenceOf } from './evidence.js';
import { identify } from './fingerprints.js';
import type { MatchedInventories, MatchedPolicy } from './match-inventories.js';
import { lostInWords } from './not-comparable.js';
import { PolicyContentLost, type PolicyContents } from './policy-contents.js';
import type { InventoriedPolicy } from './read-inventory.js';

/** Which inventories are compared. */
export interface DriftContext {
  readonly scopeKey: string;
  readonly baselineRunId: string;
  readonly currentRunId: string;
}

/** One comparison of two inventories. */
export interface Comparison {
  readonly run: RunHandle<DriftWords>;
  readonly context: DriftContext;
  readonly contents: PolicyContents;
  readonly moves: MatchedInventories['moves'];
  /** Reads the names of the groups and filters that these policies of a type refer to. */
  readonly namesFor: (type: PolicyType, documents: readonly PolicyDocument[]) => Promise<DirectoryNames>;
  readonly ledger: Pick<LedgerReader, 'last'>;
}

const NAME_LENGTH_MAX = 500;
const COUNTERPARTS_MAX = 10;

/**
 * Compares one pair, records its item with the findings, and returns their number, or null when the pair can't be
 * compared. The item of an equal pair refers to that of the current inventory.
 */
export async function compare(
  comparison: Comparison,
  match: PolicyMatch<MatchedPolicy>,
): Promise<number | null> {
  const { run, context } = comparison;
  const policy = (match.after ?? match.before).seen;
  const item = {
    itemId: policy.itemId,
    label: policy.name,
    subject: { type: policy.policyType, id: policy.policyId },
  };
  let findings: readonly Finding[];
  try {
    findings = await run.withinItemBudget(() => findingsOf(comparison, match));
  } catch (error) {
    if (error instanceof PolicyContentLost) {
      const lost = lostInWords(error, error.seen === match.before?.seen ? 'baseline' : 'current');
      const reason = isChangedByHash(match) ? `${lost} Its hashes say that it changed.` : lost;
      await run.record({ ...item, outcome: 'skipped', reasonCode: 'not_comparable', reason });
      return null;
    }
    if (!(error instanceof RunFailure)) throw error;
    const { reasonCode, message: reason } = error;
    await run.record({ ...item, outcome: 'failed', reasonCode, reason });
    return 0;
  }
  if (findings.length === 0) await recordEqual(run, policy);
  else {
    const data = { ...context, rulesVersion: COMPARING_RULES, findings: [...findings] };
    await run.record(succeeded(item), { type: 'FindingsDetected', data });
  }
  return findings.length;
}

/** Records that a policy is equal in both inventories, unless an earlier attempt did. */
export async function recordEqual(run: Comparison['run'], policy: InventoriedPolicy): Promise<void> {
  const { itemId, policyType, origin } = policy;
  if (run.recorded.has(itemId) || run.repeated.has(originKey(origin))) return;
  await run.repeat({ ...origin, subjectType: policyType });
}

async function findingsOf(
  comparison: Comparison,
  match: PolicyMatch<MatchedPolicy>,
): Promise<readonly Finding[]> {
  const { findings, notCompared } = await differences(comparison, match);
  return Promise.all(findings.map((finding) => findingOf(comparison, match, finding, notCompared)));
}

/** Loads and compares the contents only when the hashes may differ. */
async function differences(
  { contents, namesFor }: Comparison,
  match: PolicyMatch<MatchedPolicy>,
): Promise<{ readonly findings: readonly PolicyFinding[]; readonly notCompared: readonly string[] }> {
  if (!match.before || !match.after) return { findings: findingsOfMatch(match, null, null), notCompared: [] };
  if (!match.recreated && isEqualByHash(match)) return { findings: [], notCompared: [] };
  // One after the other, so that the reason is the same in every attempt when both are lost.
  const documentBefore = await contents.document(match.before.seen);
  const documentAfter = await contents.document(match.after.seen);
  const type = policyTypeNamed(match.after.policyType);
  const names = type ? await namesFor(type, [documentBefore, documentAfter]) : NO_NAMES;
  const findings = findingsOfMatch(match, documentBefore, documentAfter, names);
  const notCompared = type ? notComparedOf(type, documentBefore, documentAfter) : [];
  return { findings, notCompared };
}

/** Hashes made with other comparing rules can't be compared; then only the same artifact address proves equality. */
function isEqualByHash(match: { readonly before: MatchedPolicy; readonly after: MatchedPolicy }): boolean {
  const [before, after] = [match.before.seen, match.after.seen];
  if (before.artifact === after.artifact) return true;
  if (before.rulesVersion !== COMPARING_RULES || after.rulesVersion !== COMPARING_RULES) return false;
  return before.contentHash === after.contentHash && before.assignmentsHash === after.assignmentsHash;
}

/** Whether hashes that were made with the present comparing rules differ, so that the contents aren't needed to know it. */
function isChangedByHash({ before, after }: PolicyMatch<MatchedPolicy>): boolean {
  if (!before || !after) return false;
  const isPresent = [before, after].every(({ seen }) => seen.rulesVersion === COMPARING_RULES);
  return isPresent && !isEqualByHash({ before, after });
}

async function findingOf(
  comparison: Comparison,
  match: PolicyMatch<MatchedPolicy>,
  finding: PolicyFinding,
  notCompared: readonly string[],
): Promise<Finding> {
  const { itemId } = (match.after ?? match.before).seen;
  const { kind, policyType, subjectId, subjectIdBefore, nameBefore, recreated } = finding;
  const identity = await identityOf(comparison, match, kind);
  return {
    itemId,
    ...identity,
    formerFingerprints: [...identity.formerFingerprints],
    kind,
    policyType,
    subjectId,
    subjectIdBefore,
    name: shownName(finding.name),
    nameBefore: nameBefore === null ? null : shownName(nameBefore),
    recreated,
    counterparts: await counterpartsOf(comparison, match),
    evidence: evidenceOf(finding, notCompared),
  };
}

function identityOf(
  { run, context, contents, ledger }: Comparison,
  { before, after }: PolicyMatch<MatchedPolicy>,
  kind: PolicyFinding['kind'],
) {
  const subject = { kind, before: before?.seen ?? null, after: after?.seen ?? null };
  return identify(subject, { tenantId: run.tenantId, scopeKey: context.scopeKey }, contents, ledger);
}

/** The findings at the other end of a probable move. */
async function counterpartsOf(comparison: Comparison, { before, after }: PolicyMatch<MatchedPolicy>) {
  const others = comparison.moves.get((after ?? before) as MatchedPolicy) ?? [];
  return Promise.all(
    others.slice(0, COUNTERPARTS_MAX).map(async (other) => {
      const match = after
        ? ({ before: other, after: null, recreated: false } as const)
        : ({ before: null, after: other, recreated: false } as const);
      const { fingerprint } = await identityOf(comparison, match, after ? 'removed' : 'added');
      return { fingerprint, policyType: other.policyType, subjectId: other.seen.policyId };
    }),
  );
}

const shownName = (name: string): string => bounded(sanitizeText(name), NAME_LENGTH_MAX);
