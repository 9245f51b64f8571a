import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import type { GraphPolicy } from '../../graph/policies/graph-policy.js';
import { groupBy } from '../../group-by.js';
import { isEvent } from '../../ledger/event-registry.js';
import { type PolicyType, policyName, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { NO_NAMES } from '../../policies/directory-names.js';
import { COMPARING_RULES } from '../../policies/hash-inputs.js';
import { copyNameFor } from '../../policies/writing/copy-name.js';
import { isUpdateTarget } from '../../policies/writing/plan-writes.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { comparedHashesOf, nameHashOf } from '../../snapshots/policy-hashes.js';
import {
  findSnapshot,
  readSnapshotContent,
  SnapshotContentGoneError,
  type WholeSnapshot,
} from '../../snapshots/read-snapshot.js';
import type { Snapshot } from '../../snapshots/snapshot.js';
import { ItemBudgetSpent } from '../budgets.js';
import { eachWithinBudget } from '../each-within-budget.js';
import type { OperationServices } from '../operation-services.js';
import type { RunHandle } from '../run-handle.js';
import type { Outcome } from '../vocabulary.js';
import type { ChosenSnapshot } from './chosen-snapshots.js';
import { createReferenceFates } from './find-fates.js';
import { createLiveDocuments, type LiveDocuments, type LiveType, readLiveType } from './live-targets.js';
import { type PolicyPlan, planPolicy } from './plan-policy.js';
import type { ReferenceFates } from './reference-fates.js';
import { type PlannedPolicy, RestorePlanned } from './restore-events.js';
import type { RestoreOptions } from './restore-options.js';
import type { PreviewWords } from './restore-vocabulary.js';

/** A preview that is under way. */
export interface Preview {
  readonly run: RunHandle<PreviewWords>;
  readonly options: RestoreOptions;
  readonly services: OperationServices;
  readonly graph: GraphReader;
  readonly call: GraphCall;
}

/** A chosen snapshot with what its event says. */
interface Chosen extends ChosenSnapshot {
  readonly facts: Snapshot;
  readonly type: PolicyType;
}

const REASON_LENGTH_MAX = 500;

/**
 * Plans all chosen policies, in the order in which a restore writes them: the objects that others refer to come first,
 * so that a reference to one of them is known when its turn comes. Each item is recorded with its plan.
 */
export async function planSet(preview: Preview, chosen: readonly ChosenSnapshot[]): Promise<void> {
  const { run, graph, call } = preview;
  const plannedBefore = await plannedEarlier(run);
  const documents = createLiveDocuments((type, id) => graph.policy(type, id, call));
  const fates = createReferenceFates({ graph, call, plannedBefore });
  const open = await withFacts(
    preview,
    chosen.filter(({ policyKey }) => !run.recorded.has(policyKey)),
  );
  for (const [type, snapshots] of inWritingOrder(open)) {
    const live = await liveOf(preview, type, snapshots, documents);
    for (const item of snapshots) {
      run.signal.throwIfAborted();
      const planned = await planItem({ ...preview, documents, fates }, live, item);
      if (planned) plannedBefore.set(planned.policyId.toLowerCase(), planned);
    }
  }
}

/** What earlier attempts of this run have planned. */
async function plannedEarlier(
  run: Preview['run'],
): Promise<Map<string, Pick<PlannedPolicy, 'action' | 'liveId'>>> {
  const planned = new Map<string, Pick<PlannedPolicy, 'action' | 'liveId'>>();
  for await (const event of run.history())
    if (isEvent(event, RestorePlanned))
      for (const policy of event.data.policies) planned.set(policy.policyId.toLowerCase(), policy);
  return planned;
}

/** The chosen snapshots with what their events say; one that is gone fails. */
async function withFacts(
  { run, services }: Preview,
  chosen: readonly ChosenSnapshot[],
): Promise<readonly Chosen[]> {
  const found: Chosen[] = [];
  for (const item of chosen) {
    const facts = await findSnapshot(services.ledger, run.tenantId, item.snapshot);
    const type = facts && policyTypeNamed(facts.policyType);
    if (facts && type) found.push({ ...item, facts, type });
    else
      await run.record({
        ...{ itemId: item.policyKey, label: facts?.name ?? item.policyKey, subject: null, outcome: 'failed' },
        reasonCode: 'artifact_missing',
        reason: facts
          ? `This program doesn’t know the policy type ${facts.policyType}.`
          : 'The snapshot is not in the log any more.',
      });
  }
  return found;
}

/** The snapshots by type, types of a lower rank first. */
function inWritingOrder(chosen: readonly Chosen[]): readonly (readonly [PolicyType, readonly Chosen[]])[] {
  return [...groupBy(chosen, ({ type }) => type)].sort(([one], [other]) => rankIn(one) - rankIn(other));
}

const rankIn = ({ writing }: PolicyType): number => writing?.rank ?? 0;

/** What the tenant has of the type. A type whose policies can't be written isn't read. */
async function liveOf(
  { run, services, graph, call }: Preview,
  type: PolicyType,
  chosen: readonly Chosen[],
  documents: LiveDocuments,
): Promise<LiveType | undefined> {
  if (type.writing === null) return undefined;
  return readLiveType(
    {
      policies: () => eachWithinBudget(run, (signal) => graph.policies(type, { ...call, signal })),
      nameHash: (name) => nameHashOf(services.artifacts, run.tenantId, name),
      documents,
    },
    chosen.map(({ facts }) => facts),
  );
}

interface Planning extends Preview {
  readonly documents: LiveDocuments;
  readonly fates: ReferenceFates;
}

/** Plans one policy and records its item; undefined when it failed before there was a plan. */
async function planItem(
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
    const { plan, liveHashes } = await run.withinItemBudget((signal) =>
      planChosen(planning, live, chosen, signal),
    );
    const planned = { ...plan.planned, itemId: policyKey, liveHashes };
    const data = { setId: options.setId, rulesVersion: COMPARING_RULES, policies: [planned] };
    await run.record(outcomeOf(item, plan, options), { type: 'RestorePlanned', data });
    return planned;
  } catch (error) {
    const failure = itemFailure(error);
    if (!failure) throw error;
    await run.record({ ...item, outcome: 'failed', ...failure });
    return undefined;
  }
}

interface Planned {
  readonly plan: PolicyPlan;
  readonly liveHashes: PlannedPolicy['liveHashes'];
}

async function planChosen(
  { run, options, services, documents, fates }: Planning,
  live: LiveType | undefined,
  { facts, type, includeAssignments, includeScopeTags }: Chosen,
  signal: AbortSignal,
): Promise<Planned> {
  const { tenantId } = run;
  const content = await readSnapshotContent(services.artifacts, tenantId, facts);
  signal.throwIfAborted();
  const whole: WholeSnapshot = { snapshot: facts, ...content };
  const found = await findTarget(whole, type, live, documents);
  const common = {
    ...{ type, whole, names: NO_NAMES, now: services.clock.now() },
    options: {
      ...options,
      includeAssignments: options.includeAssignments && includeAssignments,
      includeScopeTags: options.includeScopeTags && includeScopeTags,
    },
    copyName: copyNameFor(type, policyName(type, content.policy.raw), live?.names ?? new Set()),
    fates: await fates.of(content.references),
  };
  if (found.kind === 'ambiguous') {
    const plan = planPolicy({ ...common, live: null, recreated: false });
    const planned = { ...plan.planned, action: 'ambiguous' as const, writes: 0 };
    return { plan: { planned, writes: { action: 'blocked', requests: [], limits: [] } }, liveHashes: null };
  }
  const plan = planPolicy({ ...common, live: found.policy, recreated: found.kind === 'recreated' });
  const liveHashes =
    found.policy === null
      ? null
      : await comparedHashesOf(services.artifacts, tenantId, { type, document: found.policy });
  return { plan, liveHashes };
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

type Item = Pick<Outcome<PreviewWords>, 'itemId' | 'label' | 'subject'>;

function outcomeOf(
  item: Item,
  { planned, writes }: PolicyPlan,
  { mode }: RestoreOptions,
): Outcome<PreviewWords> {
  const blocking = writes.limits.find(({ reasonCode }) => reasonCode !== null);
  switch (planned.action) {
    case 'create':
    case 'update':
    case 'recreated':
      return { ...item, outcome: 'succeeded', reasonCode: null, reason: null };
    case 'leave':
      return mode === 'missing' && planned.liveId !== null
        ? { ...item, outcome: 'skipped', reasonCode: 'already_there', reason: 'The policy is there.' }
        : { ...item, outcome: 'skipped', reasonCode: 'unchanged', reason: 'It is as it was kept.' };
    case 'ambiguous':
      return {
        ...item,
        outcome: 'failed',
        reasonCode: 'ambiguous_target',
        reason: 'Several policies in the tenant have its type and name.',
      };
    case 'blocked':
      return {
        ...item,
        outcome: 'failed',
        reasonCode: blocking?.reasonCode ?? 'not_restorable',
        reason: bounded(sanitizeText(blocking?.reason ?? 'It can’t be restored.'), REASON_LENGTH_MAX),
      };
    case 'not_supported':
      return {
        ...item,
        outcome: 'skipped',
        reasonCode: 'type_not_writable',
        reason: 'Policies of this type can’t be written.',
      };
  }
}
