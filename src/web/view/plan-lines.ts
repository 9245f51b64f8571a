import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { policyTypeLabel } from '../hub/finding-list.js';
import {
  isWarning,
  type NeededPlan,
  neededReferences,
  planPartsOf,
  type RestorePlanRow,
} from '../hub/restore-preview.js';
import type { RunItemRow } from '../hub/run-items.js';
import { foldEqual } from './fold-equal.js';
import { type LeadChange, leadChange } from './lead-change.js';
import { ACTION_MEANINGS, ACTION_SIGNS, ACTION_WORDS } from './restore-words.js';

/** What a preview's page says about policies. */
interface PlanContent {
  readonly sign: { readonly kind: string; readonly label: string };
  readonly change: LeadChange | null;
  /** What is said without a change: why the policy can't be restored, or what is done. */
  readonly reason: string | null;
  readonly meaning: string | null;
  /** Objects that it refers to and that nobody knows, in words. */
  readonly missing: readonly string[];
  /** Whether only its assignments need the policies in `after`. */
  readonly isAssignedAfter: boolean;
  /** Policies that are written before it because it needs them. */
  readonly after: readonly NeededPlan[];
  /** Why something can't be set as it was. */
  readonly limits: readonly string[];
  /** What to know before it is written. */
  readonly warnings: readonly string[];
}

interface NamedPolicy {
  readonly name: string;
  /** The key of the plan; null for a policy without one. */
  readonly policyKey: string | null;
  readonly typeLabel: string;
  /** Why this one has no plan; null for one that has. */
  readonly failure: string | null;
}

/** One line of a preview's page: a policy, or several of which the same is said. */
export interface PlanLine extends PlanContent {
  readonly policies: readonly [NamedPolicy, ...NamedPolicy[]];
  /** The only policy; null for several. */
  readonly single: NamedPolicy | null;
  readonly writes: number;
}

/** The lines of plans. `needed` are the plans that they may wait for, by their policies' ids in lower case. */
export function planLines(
  plans: readonly RestorePlanRow[],
  needed: ReadonlyMap<string, NeededPlan>,
  { folded }: { readonly folded: boolean },
): readonly PlanLine[] {
  const planned = plans.map((plan) => ({
    content: contentOf(plan, needed),
    policy: {
      name: plan.name,
      policyKey: plan.policy_key,
      typeLabel: policyTypeLabel(plan.policy_type),
      failure: null,
    },
    writes: plan.writes,
  }));
  return folded ? foldEqual(planned, keyOf).map(lineOf) : planned.map((one) => lineOf([one]));
}

/**
 * The lines of policies that failed before they were planned, those of one reason code together. `meaningOf` explains a
 * code.
 */
export function unplannedLines(
  items: readonly RunItemRow[],
  meaningOf: (reasonCode: string) => string | undefined,
): readonly PlanLine[] {
  const planned = items.map((item) => ({
    content: {
      sign: { kind: 'failed', label: 'Not planned' },
      reason: (item.reason_code && meaningOf(item.reason_code)) ?? null,
      change: null,
      meaning: null,
      missing: [],
      after: [],
      limits: [],
      warnings: [],
      isAssignedAfter: false,
    },
    policy: {
      name: item.label,
      policyKey: null,
      failure: item.reason,
      typeLabel: policyTypeLabel(item.subject_type ?? ''),
    },
    writes: 0,
  }));
  return foldEqual(planned, keyOf).map(lineOf);
}

interface PlannedContent {
  readonly content: PlanContent;
  readonly policy: NamedPolicy;
  readonly writes: number;
}

const keyOf = ({ content }: PlannedContent): string => JSON.stringify(content);

const lineOf = (group: readonly [PlannedContent, ...PlannedContent[]]): PlanLine => {
  const [first, ...others] = group;
  return {
    ...first.content,
    policies: [first.policy, ...others.map(({ policy }) => policy)],
    single: others.length === 0 ? first.policy : null,
    writes: group.reduce((sum, { writes }) => sum + writes, 0),
  };
};

function contentOf(plan: RestorePlanRow, needed: ReadonlyMap<string, NeededPlan>): PlanContent {
  const { limits, refers_to, evidence } = planPartsOf(plan);
  const { action } = plan;
  return {
    sign: { kind: ACTION_SIGNS[action], label: ACTION_WORDS[action] },
    change: (evidence && leadChange(evidence)) ?? null,
    reason: limits.find(({ blocks }) => blocks)?.reason ?? null,
    meaning: ACTION_MEANINGS[action],
    missing:
      action === 'blocked'
        ? refers_to
            .filter(({ resolution }) => resolution === 'missing')
            .map(({ kind, name, id }) => `${wordOf(kind)} ${name ?? id}`)
        : [],
    isAssignedAfter: isAssignedAfter(plan),
    after: neededReferences(plan).flatMap(({ id }) => needed.get(id.toLowerCase()) ?? []),
    limits: limits.filter((limit) => !limit.blocks && !isWarning(limit)).map(({ reason }) => reason),
    warnings: limits.filter(isWarning).map(({ reason }) => reason),
  };
}

/** Whether only the assignments of a planned policy need others first, because scope tags are created before all others. */
export const isAssignedAfter = ({ policy_type }: Pick<RestorePlanRow, 'policy_type'>): boolean =>
  policy_type === 'roleScopeTags';

const wordOf = (kind: string): string =>
  Object.entries(REFERENCE_SOURCES).find(([known]) => known === kind)?.[1].word ?? kind;
