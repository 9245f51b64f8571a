import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { LiveDocuments, LiveType } from './live-targets.js';
import { itemFailure, type Planning, planChosen } from './plan-item.js';
import type { Chosen } from './preview-under-way.js';
import type { PlannedPolicy } from './restore-events.js';

/** Scope tags are written before filters, which carry tags, and tags may be assigned with filters. */
const REFER_TO_EACH_OTHER: ReadonlySet<string> = new Set(['roleScopeTags', 'assignmentFilters']);
/**
 * Most passes. Each settles at least one more policy; one that would still change after the last pass keeps its plan.
 */
const PASSES_MAX = 20;

/**
 * Finds out what becomes of scope tags and filters that refer to each other, before any of them is recorded. All are
 * taken for policies that can be created, and planned again until nothing changes any more, so that one that can't be
 * restored blocks those that refer to it. The result is noted in `plannedBefore`. Errors: those that end the run.
 */
export async function planAhead(
  planning: Planning,
  liveOf: (type: PolicyType) => Promise<LiveType | undefined>,
  open: readonly Chosen[],
  plannedBefore: Map<string, Pick<PlannedPolicy, 'action' | 'liveId'>>,
): Promise<void> {
  const items = open.filter(({ type }) => REFER_TO_EACH_OTHER.has(type.name));
  if (!(await isAnyAssignedWith(planning, items))) return;
  for (const { facts } of items)
    plannedBefore.set(facts.policyId.toLowerCase(), { action: 'create', liveId: null });
  const reading: Planning = { ...planning, documents: keepingTaken(planning.documents) };
  for (let pass = 0, isSettled = false; !isSettled && pass < PASSES_MAX; pass++) {
    isSettled = true;
    for (const item of items) {
      const key = item.facts.policyId.toLowerCase();
      const before = plannedBefore.get(key);
      const plan = await planOf(reading, await liveOf(item.type), item);
      if (plan) plannedBefore.set(key, { action: plan.action, liveId: plan.liveId });
      else plannedBefore.delete(key);
      if (before?.action !== plan?.action || before?.liveId !== plan?.liveId) isSettled = false;
    }
  }
}

/** Whether a tag among the items is assigned with a filter among them. */
async function isAnyAssignedWith({ source }: Planning, items: readonly Chosen[]): Promise<boolean> {
  const ids = new Set(items.map(({ facts }) => facts.policyId.toLowerCase()));
  for (const { facts, type } of items) {
    if (type.name !== 'roleScopeTags') continue;
    // An unreadable one fails when its turn comes.
    const content = await source.content(facts).catch(failed);
    const filters = content?.references.filter(({ kind }) => kind === 'assignment_filter') ?? [];
    if (filters.some(({ id }) => ids.has(id.toLowerCase()))) return true;
  }
  return false;
}

/** The plan of an item; undefined when it can't be planned, which is recorded when its turn comes. */
const planOf = (planning: Planning, live: LiveType | undefined, item: Chosen) =>
  planChosen(planning, live, item, planning.run.signal).catch(failed);

/** Undefined for the failure of one item; any other error ends the run. */
function failed(error: unknown): undefined {
  if (!itemFailure(error)) throw error;
}

/** The same documents, but `take` keeps them, because they are needed again. */
const keepingTaken = ({ keep, take }: LiveDocuments): LiveDocuments => ({
  keep,
  async take(type, id) {
    const policy = await take(type, id);
    keep(policy);
    return policy;
  },
});
