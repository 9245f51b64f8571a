import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import type { GraphPolicy } from '../../graph/policies/graph-policy.js';
import { type PolicyType, policyName } from '../../policies/catalogue/policy-types.js';
import { type DirectoryNames, NO_NAMES } from '../../policies/directory-names.js';
import { COMPARING_RULES } from '../../policies/hash-inputs.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { copyName, freeCopyNumber } from '../../policies/writing/copy-name.js';
import { comparedHashesOf, directoryNameHashOf } from '../../snapshots/policy-hashes.js';
import { SnapshotContentGoneError, type WholeSnapshot } from '../../snapshots/read-snapshot.js';
import { ItemBudgetSpent } from '../budgets.js';
import type { LiveDocuments, LiveType } from './live-targets.js';
import { matchNamesake, NAMESAKE_PAIRS_MAX } from './match-namesakes.js';
import { namesOfReferences } from './names-of-references.js';
import { type PlanInput, planPolicy } from './plan-policy.js';
import { outcomeOfPlanned } from './planned-outcome.js';
import type { Chosen, Preview } from './preview-under-way.js';
import type { ReferenceResolver } from './reference-resolution.js';
import { LIMITS_MAX, NAMESAKES_MAX, type PlannedPolicy, RestorePlanned } from './restore-events.js';
import type { PreviewWords } from './restore-vocabulary.js';

/** What planning one policy needs of its preview. */
export interface Planning extends Preview {
  readonly documents: LiveDocuments;
  readonly resolver: ReferenceResolver;
  /** Names from the tenant's cache for the groups and filters that these policies are assigned with. */
  readonly namesFor: (type: PolicyType, documents: readonly PolicyDocument[]) => Promise<DirectoryNames>;
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
  const { run, options, directory } = planning;
  const { facts, policyKey } = chosen;
  const item = {
    itemId: policyKey,
    label: facts.name,
    subject: { type: facts.policyType, id: facts.policyId },
  };
  try {
    const plan = await run.withinItemBudget((signal) => planChosen(planning, live, chosen, signal));
    const planned: PlannedPolicy = { ...plan, itemId: policyKey };
    const { setId } = options;
    const data = { setId, rulesVersion: COMPARING_RULES, directory, policies: [planned] };
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

/** Plans one policy. Errors: those of `itemFailure` and those that end the run. */
export async function planChosen(
  planning: Planning,
  live: LiveType | undefined,
  { facts, type, includeAssignments, includeScopeTags }: Chosen,
  signal: AbortSignal,
): Promise<Omit<PlannedPolicy, 'itemId'>> {
  const { run, options, services, source, resolver } = planning;
  const { tenantId } = run;
  const content = await source.content(facts);
  signal.throwIfAborted();
  const whole: WholeSnapshot = { snapshot: facts, ...content };
  const target = await findTarget(planning, whole, type, live);
  const resolutions = await resolver.resolve(content.references);
  const name = policyName(type, content.policy.raw);
  const common = {
    type,
    whole,
    resolutions,
    now: services.clock.now(),
    options: {
      ...options,
      includeAssignments: options.includeAssignments && includeAssignments,
      includeScopeTags: options.includeScopeTags && includeScopeTags,
    },
    copyName: copyName(type, name, freeCopyNumber(type, name, live?.names ?? new Set())),
    nameHashes: await Promise.all(
      content.references.map(({ name }) =>
        name === null ? null : directoryNameHashOf(services.artifacts, tenantId, name),
      ),
    ),
  };
  const found = target.kind === 'ambiguous' ? (asItWasKept(common, target.policies) ?? target) : target;
  if (found.kind === 'ambiguous') {
    const planned = planPolicy({ ...common, live: null, recreated: false, names: NO_NAMES });
    return { ...planned, action: 'ambiguous', writes: 0, liveHashes: null };
  }
  const cached = await planning.namesFor(type, [content.policy, ...(found.policy ? [found.policy] : [])]);
  const names = namesOfReferences(content.references, resolutions, cached);
  const planned = planPolicy({ ...common, live: found.policy, recreated: found.kind === 'recreated', names });
  const liveHashes =
    found.policy === null
      ? null
      : await comparedHashesOf(services.artifacts, tenantId, { type, document: found.policy });
  const namesakes = planned.action === 'create' ? (live?.namesakesOf(facts) ?? []) : [];
  const limits = [
    ...(live?.isIdReused(facts) ? [ID_REUSED] : []),
    ...(namesakes.length > 0 && options.mode !== 'copy' ? [SECOND_OF_NAME] : []),
    ...planned.limits,
  ];
  return {
    ...planned,
    limits: limits.slice(0, LIMITS_MAX),
    liveHashes,
    ...(namesakes.length > 0 && { namesakes: namesakes.slice(0, NAMESAKES_MAX) }),
  };
}

/**
 * The one of several policies that is as the snapshot kept it, such as one that an earlier restore created. There is
 * nothing to write to it, so taking it for the snapshot's can't harm another one.
 */
function asItWasKept(
  common: Omit<PlanInput, 'live' | 'recreated' | 'names'>,
  policies: readonly GraphPolicy[],
): FoundTarget | undefined {
  const options = { ...common.options, mode: 'update' as const };
  const [policy, ...others] = policies.filter(
    (live) => planPolicy({ ...common, options, live, recreated: true, names: NO_NAMES }).action === 'leave',
  );
  return policy && others.length === 0 ? { kind: 'recreated', policy } : undefined;
}

/** Said of a policy whose id another one has now. */
const ID_REUSED: PlannedPolicy['limits'][number] = {
  kind: 'id_reused',
  field: 'id',
  reason: 'Its number belongs to one of another name now, which stays as it is.',
  blocks: false,
};

/** Said of a policy that would be created beside one of its type and name, which can't be changed into it. */
const SECOND_OF_NAME: PlannedPolicy['limits'][number] = {
  kind: 'second_of_name',
  field: 'name',
  reason:
    'A policy of this name is there and can’t become this one, for example because it is for another platform: ' +
    'this would be a second policy of that name.',
  blocks: false,
};

type FoundTarget =
  | { readonly kind: 'there' | 'recreated' | 'none'; readonly policy: GraphPolicy | null }
  | { readonly kind: 'ambiguous'; readonly policies: readonly GraphPolicy[] };

/** The policy that would be changed. Errors: UnknownTarget; those of reading it and the other snapshots of its name. */
async function findTarget(
  { source, documents, options }: Planning,
  { snapshot, policy }: WholeSnapshot,
  type: PolicyType,
  live: LiveType | undefined,
): Promise<FoundTarget> {
  const target = live?.targetOf(snapshot) ?? { kind: 'none' };
  switch (target.kind) {
    case 'unknown':
      throw new UnknownTarget(target.reasonCode, target.reason);
    case 'none':
      return { kind: 'none', policy: null };
    case 'there':
      return { kind: 'there', policy: await documents.take(type, target.id) };
    case 'namesakes': {
      // A copy is created whatever is there.
      if (options.mode === 'copy') return { kind: 'none', policy: null };
      const { ids, claimants } = target;
      if (ids.length * claimants.length > NAMESAKE_PAIRS_MAX) return { kind: 'ambiguous', policies: [] };
      const others: PolicyDocument[] = [];
      for (const other of claimants)
        if (other.id !== snapshot.id) {
          const content = await source.content(other).catch(contentGone);
          if (!content) return { kind: 'ambiguous', policies: [] };
          others.push(content.policy);
        }
      const policies: GraphPolicy[] = [];
      for (const id of ids) policies.push(await documents.take(type, id));
      // The other snapshots of the name are compared with the same policies.
      if (others.length > 0) for (const one of policies) documents.keep(one);
      const found = matchNamesake(type, policy, others, policies);
      return found.kind === 'none' ? { kind: 'none', policy: null } : found;
    }
  }
}

/** Undefined for content that is gone. */
function contentGone(error: unknown): undefined {
  if (!(error instanceof SnapshotContentGoneError)) throw error;
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
export function itemFailure(
  error: unknown,
): { reasonCode: PreviewWords['failure']; reason: string } | undefined {
  if (error instanceof SnapshotContentGoneError)
    return { reasonCode: 'artifact_missing', reason: error.message };
  if (error instanceof UnknownTarget || error instanceof ItemBudgetSpent)
    return { reasonCode: error.reasonCode, reason: error.message };
  if (error instanceof GraphError && !concernsEveryCall(error))
    return { reasonCode: error.reasonCode, reason: error.message };
  return undefined;
}
