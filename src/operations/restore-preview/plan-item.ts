import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import type { GraphPolicy } from '../../graph/policies/graph-policy.js';
import { type PolicyType, policyName } from '../../policies/catalogue/policy-types.js';
import { NO_NAMES } from '../../policies/directory-names.js';
import { COMPARING_RULES } from '../../policies/hash-inputs.js';
import { copyName, freeCopyNumber } from '../../policies/writing/copy-name.js';
import { isUpdateTarget } from '../../policies/writing/plan-writes.js';
import { comparedHashesOf, nameHashOf } from '../../snapshots/policy-hashes.js';
import { SnapshotContentGoneError, type WholeSnapshot } from '../../snapshots/read-snapshot.js';
import { ItemBudgetSpent } from '../budgets.js';
import type { LiveDocuments, LiveType } from './live-targets.js';
import { planPolicy } from './plan-policy.js';
import { outcomeOfPlanned } from './planned-outcome.js';
import type { Chosen, Preview } from './preview-under-way.js';
import type { ReferenceResolver } from './reference-resolution.js';
import { NAMESAKES_MAX, type PlannedPolicy, RestorePlanned } from './restore-events.js';
import type { PreviewWords } from './restore-vocabulary.js';

/** What planning one policy needs of its preview. */
export interface Planning extends Preview {
  readonly documents: LiveDocuments;
  readonly resolver: ReferenceResolver;
}

/**
 * Plans one policy and records its item; undefined when it failed before there was a plan. `live` is what the tenant
 * has of its type, undefined for a type that can't be written. Errors: those that end the run.
 */
export async function planItem(
  planning: Planning,
  live: LiveType | undefined,
  chosen: Chosen,
): Promise<PlannedPolicy | undefined> {
  const { run, options } = planning;
  const { facts, policyKey } = chosen;
  const item = {
    itemId: policyKey,
    label: facts.name,
    subject: { type: facts.policyType, id: facts.policyId },
  };
  try {
    const plan = await run.withinItemBudget((signal) => planChosen(planning, live, chosen, signal));
    const planned: PlannedPolicy = { ...plan, itemId: policyKey };
    const data = { setId: options.setId, rulesVersion: COMPARING_RULES, policies: [planned] };
    const outcome = { ...item, ...outcomeOfPlanned(planned, options) };
    await run.record(outcome, { type: RestorePlanned.type, data });
    return planned;
  } catch (error) {
    const failure = itemFailure(error);
    if (!failure) throw error;
    await run.record({ ...item, outcome: 'failed', ...failure });
    return undefined;
  }
}

async function planChosen(
  { run, options, services, source, documents, resolver }: Planning,
  live: LiveType | undefined,
  { facts, type, includeAssignments, includeScopeTags }: Chosen,
  signal: AbortSignal,
): Promise<Omit<PlannedPolicy, 'itemId'>> {
  const { tenantId } = run;
  const content = await source.content(facts);
  signal.throwIfAborted();
  const whole: WholeSnapshot = { snapshot: facts, ...content };
  const found = await findTarget(whole, type, live, documents);
  const name = policyName(type, content.policy.raw);
  const common = {
    ...{ type, whole, names: NO_NAMES, now: services.clock.now() },
    options: {
      ...options,
      includeAssignments: options.includeAssignments && includeAssignments,
      includeScopeTags: options.includeScopeTags && includeScopeTags,
    },
    copyName: copyName(type, name, freeCopyNumber(type, name, live?.names ?? new Set())),
    resolutions: await resolver.resolve(content.references),
    nameHashes: await Promise.all(
      content.references.map(({ name }) =>
        name === null ? null : nameHashOf(services.artifacts, tenantId, name),
      ),
    ),
  };
  if (found.kind === 'ambiguous') {
    const planned = planPolicy({ ...common, live: null, recreated: false });
    return { ...planned, action: 'ambiguous', writes: 0, liveHashes: null };
  }
  const planned = planPolicy({ ...common, live: found.policy, recreated: found.kind === 'recreated' });
  const liveHashes =
    found.policy === null
      ? null
      : await comparedHashesOf(services.artifacts, tenantId, { type, document: found.policy });
  const namesakes = planned.action === 'create' ? (live?.namesakesOf(facts) ?? []) : [];
  return {
    ...planned,
    liveHashes,
    ...(namesakes.length > 0 && { namesakes: namesakes.slice(0, NAMESAKES_MAX) }),
  };
}

type FoundTarget =
  | { readonly kind: 'there' | 'recreated' | 'none'; readonly policy: GraphPolicy | null }
  | { readonly kind: 'ambiguous' };

/** The policy that would be changed. Errors: UnknownTarget; those of reading it. */
async function findTarget(
  { snapshot, policy }: WholeSnapshot,
  type: PolicyType,
  live: LiveType | undefined,
  documents: LiveDocuments,
): Promise<FoundTarget> {
  const target = live?.targetOf(snapshot) ?? { kind: 'none' };
  switch (target.kind) {
    case 'unknown':
      throw new UnknownTarget(target.reasonCode, target.reason);
    case 'none':
      return { kind: 'none', policy: null };
    case 'ambiguous':
      return { kind: 'ambiguous' };
    case 'there':
      return { kind: 'there', policy: await documents.take(type, target.id) };
    case 'recreated': {
      const found = await documents.take(type, target.id);
      // A namesake that could never become this policy, such as one for another platform, is another policy.
      return isUpdateTarget(type, policy, found)
        ? { kind: 'recreated', policy: found }
        : { kind: 'none', policy: null };
    }
  }
}

/** What the tenant has of a policy couldn't be read. */
class UnknownTarget extends Error {
  override readonly name = 'UnknownTarget';
  constructor(
    readonly reasonCode: GraphError['reasonCode'],
    reason: string,
  ) {
    super(reason);
  }
}

/** The failure of one item, or undefined for an error that ends the run. */
function itemFailure(error: unknown): { reasonCode: PreviewWords['failure']; reason: string } | undefined {
  if (error instanceof SnapshotContentGoneError)
    return { reasonCode: 'artifact_missing', reason: error.message };
  if (error instanceof UnknownTarget || error instanceof ItemBudgetSpent)
    return { reasonCode: error.reasonCode, reason: error.message };
  if (error instanceof GraphError && !concernsEveryCall(error))
    return { reasonCode: error.reasonCode, reason: error.message };
  return undefined;
}
