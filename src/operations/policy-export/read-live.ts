import type { GraphReader } from '../../graph/client/graph-client.js';
import type { WantedIds, WholePolicy, WholeResult } from '../../graph/policies/read-whole.js';
import { groupBy } from '../../group-by.js';
import { type PolicyType, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { shownId, shownName } from '../../snapshots/shown-policy.js';
import { storeContents } from '../../snapshots/store-contents.js';
import { eachWithinBudget } from '../handling/each-within-budget.js';
import { endsOneType } from '../handling/ends-one-type.js';
import { graphCallOf } from '../handling/graph-call-of.js';
import { itemIdWithoutId, policyItemId } from '../inventory-sync/policy-items.js';
import { typeItemId, unreadType } from '../inventory-sync/type-items.js';
import type { OperationServices } from '../operation-services.js';
import type { ChosenPolicy } from '../policy-choice/read-choice.js';
import type { ExportedPolicy } from './export-events.js';
import { type ExportRun, failedItem, itemIdOf, recordExported } from './export-outcomes.js';

/** What reading from Graph needs. */
export interface LiveReading {
  readonly run: ExportRun;
  readonly services: Pick<OperationServices, 'artifacts'>;
  readonly graph: GraphReader;
}

/**
 * Reads chosen policies and records their items; yields those that could be read. Errors: GraphError that every
 * further read would cause as well; those of the run.
 */
export async function* readLivePolicies(
  reading: LiveReading,
  chosen: readonly ChosenPolicy[],
): AsyncGenerator<ExportedPolicy> {
  const { run } = reading;
  const open = chosen.filter((policy) => !run.recorded.has(itemIdOf(policy)));
  for (const [name, policies] of groupBy(open, ({ policyType }) => policyType)) {
    const type = policyTypeNamed(name);
    if (!type) throw run.failure('unexpected', `This program doesn't know the policy type ${name}.`);
    const left = new Map(policies.map((policy) => [policy.policyId.toLowerCase(), policy]));
    const wanted = policies.map(({ policyId }) => policyId);
    try {
      for await (const read of readWholes(reading, type, wanted)) {
        const id = shownId(read.kind === 'whole' ? read.policy : read).toLowerCase();
        const policy = left.get(id);
        if (!policy) continue;
        if (read.kind === 'whole') yield await store(reading, policy, read);
        else await run.record(failedItem({ ...policy, name: policy.name ?? read.name }, read));
        left.delete(id);
      }
    } catch (error) {
      if (!endsOneType(error)) throw error;
      // The error that ended the reading of the type applies to all of its policies that weren't read before.
      const { reasonCode, message: reason } = error;
      for (const policy of left.values()) await run.record(failedItem(policy, { reasonCode, reason }));
    }
  }
}

/**
 * Reads all policies of some types, as Graph lists them now, and records their items; a type that can't be listed is
 * a failed item itself. Errors: as `readPolicies`.
 */
export async function* readTypes(
  reading: LiveReading,
  types: readonly PolicyType[],
): AsyncGenerator<ExportedPolicy> {
  const { run, graph } = reading;
  let total = 0;
  for (const type of types) {
    if (run.recorded.has(typeItemId(type.name))) {
      total += 1;
      continue;
    }
    const except = (id: string): boolean => {
      total += 1;
      return run.recorded.has(policyItemId(type.name, id));
    };
    let withoutId = 0;
    try {
      for await (const read of readWholes(reading, type, { except })) {
        const { id } = read.kind === 'whole' ? read.policy : read;
        const policyId = id === null ? '' : shownId(read.kind === 'whole' ? read.policy : read);
        if (read.kind === 'whole') {
          yield await store(reading, { policyType: type.name, policyId, name: null }, read);
          continue;
        }
        const failed = failedItem({ policyType: type.name, policyId, name: shownName(read) }, read);
        if (id === null) withoutId += 1;
        await run.record(id === null ? { ...failed, itemId: itemIdWithoutId(type.name, withoutId) } : failed);
      }
    } catch (error) {
      if (!endsOneType(error)) throw error;
      total += 1;
      await run.record(await unreadType(type, error, graph));
    }
    await run.setTotal(total);
  }
}

const readWholes = (
  { run, graph }: LiveReading,
  type: PolicyType,
  wanted: WantedIds,
): AsyncIterable<WholeResult> =>
  eachWithinBudget(run, (signal) => graph.readWholes(type, wanted, graphCallOf(run, signal)));

/** Stores a policy that was read, and records its item. */
async function store(
  { run, services: { artifacts } }: LiveReading,
  { policyType, policyId }: ChosenPolicy,
  whole: WholePolicy,
): Promise<ExportedPolicy> {
  const { artifact, references } = await storeContents(artifacts, run.tenantId, whole);
  const exported: ExportedPolicy = {
    itemId: policyItemId(policyType, policyId),
    policyType,
    policyId,
    name: shownName(whole.policy),
    artifact,
    references,
    snapshot: null,
    without: [],
  };
  await recordExported(run, exported);
  return exported;
}
