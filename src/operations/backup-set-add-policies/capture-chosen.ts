import { policyKeyOf } from '../../entities/policy/policy.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import type { UnreadPolicy } from '../../graph/policies/graph-policy.js';
import type { WantedIds, WholeResult } from '../../graph/policies/read-whole.js';
import { groupBy } from '../../group-by.js';
import { type PolicyType, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { keepSnapshot } from '../../snapshots/capture-snapshot.js';
import { shownId, shownName } from '../../snapshots/shown-policy.js';
import { lastSnapshot, type Snapshot } from '../../snapshots/snapshot.js';
import { ItemBudgetSpent } from '../budgets.js';
import { eachWithinBudget } from '../handling/each-within-budget.js';
import { endsOneType } from '../handling/ends-one-type.js';
import { graphCallOf } from '../handling/graph-call-of.js';
import { itemIdWithoutId } from '../inventory-sync/policy-items.js';
import { typeItemId, unreadType } from '../inventory-sync/type-items.js';
import type { OperationServices } from '../operation-services.js';
import type { ChosenPolicy } from '../policy-choice/read-choice.js';
import type { CommonWords } from '../vocabulary.js';
import { missingItem } from './fill-items.js';
import type { FillingRun } from './filling-run.js';
import type { SetAdditions } from './set-additions.js';

/** Policies that are stored at once, so that one waits for the log while others are stored. */
const KEPT_AT_ONCE = 8;

export interface Filling {
  readonly run: FillingRun;
  readonly services: OperationServices;
  readonly graph: GraphReader;
  readonly additions: SetAdditions;
  /** Whether the item of a policy is recorded already. */
  isDone(policyType: string, policyId: string): boolean;
}

/** Adds all policies of some types, as the tenant lists them now. A type that can't be read is an item itself. */
export async function addTypes(filling: Filling, types: readonly PolicyType[]): Promise<void> {
  const { run, graph, isDone } = filling;
  const counted = new Map<string, number>();
  const count = (type: PolicyType, policies: number): Promise<void> => {
    counted.set(type.name, policies);
    return run.setTotal([...counted.values()].reduce((sum, n) => sum + n, 0));
  };
  for (const type of types) {
    if (run.recorded.has(typeItemId(type.name))) {
      counted.set(type.name, 1);
      continue;
    }
    let listed = 0;
    const except = (id: string): boolean => {
      listed += 1;
      return isDone(type.name, id);
    };
    try {
      await addOfType(filling, type, { wanted: { except } });
      await count(type, listed);
    } catch (error) {
      if (!endsOneType(error)) throw error;
      await count(type, listed + 1);
      await run.record(await unreadType(type, error, graph));
    }
  }
}

/** Adds the chosen policies, type by type. */
export async function addPolicies(filling: Filling, chosen: readonly ChosenPolicy[]): Promise<void> {
  const { run, isDone } = filling;
  await run.setTotal(chosen.length);
  const open = chosen.filter(({ policyType, policyId }) => !isDone(policyType, policyId));
  for (const [name, policies] of groupBy(open, ({ policyType }) => policyType)) {
    const type = policyTypeNamed(name);
    if (!type) throw new TypeError(`the catalogue lacks the policy type ${name}`);
    const left = new Map(policies.map((policy) => [policy.policyId.toLowerCase(), policy]));
    const names = new Map(policies.map(({ policyId, name: known }) => [policyId.toLowerCase(), known]));
    const wanted = policies.map(({ policyId }) => policyId);
    const onRead = (id: string) => left.delete(id.toLowerCase());
    try {
      await addOfType(filling, type, { wanted, names, onRead });
    } catch (error) {
      if (!endsOneType(error)) throw error;
      // The error that ended the reading of the type applies to all of its policies that weren't read before.
      const { reasonCode, message: reason } = error;
      for (const { policyId: id, name: known } of left.values())
        await recordUnread(filling, { kind: 'unread', type, id, name: known, reasonCode, reason });
    }
  }
}

/** Which policies of a type are read, and what is known of them. */
interface TypeReading {
  readonly wanted: WantedIds;
  /** Names that the choice knows, by id in lower case. */
  readonly names?: ReadonlyMap<string, string | null>;
  readonly onRead?: (id: string) => void;
}

/**
 * Reads policies of one type, stores them and adds them to the set. Errors: those of the reading, after the policies
 * that were read are added.
 */
async function addOfType(
  filling: Filling,
  type: PolicyType,
  { wanted, names, onRead }: TypeReading,
): Promise<void> {
  const { run, graph } = filling;
  const reads = eachWithinBudget(run, (signal) => graph.readWholes(type, wanted, graphCallOf(run, signal)));
  let some: ReadWhole[] = [];
  let withoutId = 0;
  try {
    for await (const read of reads) {
      if (read.kind === 'unread') {
        if (read.id === null) withoutId += 1;
        else onRead?.(read.id);
        const known = names?.get(read.id?.toLowerCase() ?? '') ?? null;
        await recordUnread(filling, { ...read, name: read.name ?? known }, withoutId);
        continue;
      }
      onRead?.(read.policy.id);
      some.push(read);
      if (some.length < KEPT_AT_ONCE) continue;
      const full = some;
      some = [];
      await add(filling, full);
    }
  } catch (error) {
    if (endsOneType(error)) await add(filling, some);
    throw error;
  }
  await add(filling, some);
}

type ReadWhole = Extract<WholeResult, { readonly kind: 'whole' }>;

/** Keeps policies that were read, and adds their snapshots to the set in the order in which they were read. */
async function add(filling: Filling, reads: readonly ReadWhole[]): Promise<void> {
  const snapshots = await Promise.all(reads.map((read) => keep(filling, read)));
  for (const snapshot of snapshots) if (snapshot) await filling.additions.add(snapshot);
}

async function keep(filling: Filling, read: ReadWhole): Promise<Snapshot | undefined> {
  const { run, services } = filling;
  try {
    return (await run.withinItemBudget(() => keepSnapshot(services, run, read))).snapshot;
  } catch (error) {
    if (!(error instanceof ItemBudgetSpent)) throw error;
    const { type, id, name } = read.policy;
    const { reasonCode, message: reason } = error;
    await recordUnread(filling, { kind: 'unread', type, id, name, reasonCode, reason });
    return undefined;
  }
}

type Unread = Omit<UnreadPolicy, 'reasonCode'> & { readonly reasonCode: CommonWords['failure'] };

/** Records a policy that couldn't be read, by the best name that is known. */
async function recordUnread({ run, services }: Filling, unread: Unread, withoutId = 0): Promise<void> {
  const { type, id, reasonCode, reason } = unread;
  if (id === null) {
    const itemId = itemIdWithoutId(type.name, withoutId);
    return run.record({
      itemId,
      label: shownName(unread),
      subject: { type: type.name, id: '' },
      outcome: 'failed',
      reasonCode,
      reason,
    });
  }
  const policyId = shownId(unread);
  const before = unread.name
    ? undefined
    : (await lastSnapshot(services.ledger, run.tenantId, policyKeyOf(run.tenantId, type.name, policyId)))
        .snapshot;
  const name = before?.name ?? shownName(unread);
  await run.record(missingItem({ policyType: type.name, policyId, name }, { reasonCode, reason }));
}
