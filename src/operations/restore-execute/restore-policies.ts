import assert from 'node:assert';
import { groupBy } from '../../group-by.js';
import { directoryOf, isSameDirectory } from '../../tenancy/connected-directory.js';
import { fewAtOnce } from '../handling/few-at-once.js';
import { graphCallOf } from '../handling/graph-call-of.js';
import { openMapping } from '../restore-preview/reference-mapping.js';
import { createReferenceResolver } from '../restore-preview/resolve-references.js';
import type { PlannedPolicy } from '../restore-preview/restore-events.js';
import { tenantPairOf } from '../restore-preview/restore-options.js';
import { assertAloneInDirectory } from './alone-in-directory.js';
import { givenToCopies } from './given-to-copies.js';
import { createLiveNames } from './live-names.js';
import { createWriteCheck } from './may-still-write.js';
import { restoreItem } from './restore-item.js';
import { earlierIn, type Restore, type RestoreUnderWay } from './restore-under-way.js';

/**
 * Policies that are worked on at once, so that one is read and checked while another is written. More would wait for
 * their writes, which are sent one after another, until what was read of them is old and has to be read again.
 */
const POLICIES_AT_ONCE = 4;
/**
 * What policies refer to is looked up again after this time, because a restore may take long, and a group may be deleted
 * or a tag's number get another meaning meanwhile.
 */
const REFERENCES_KEPT_FOR_MS = 20_000;

/**
 * Writes the previewed policies, those that others refer to first, and records each as an item. A dry run does the same
 * up to the first write. Errors: those that end the run.
 */
export async function restorePolicies(restore: Restore): Promise<void> {
  const { preview, run } = restore;
  const underWay = await begin(restore);
  let postponed: PlannedPolicy[] = [];
  for (const sameRank of groupBy(preview.policies, ({ rank }) => `${rank}`).values()) {
    // Nobody could tell two new policies of one name apart, so they are written one after another.
    const namesakes = groupBy(sameRank, ({ policyType, name }) => `${policyType} ${name.toLowerCase()}`);
    await fewAtOnce(namesakes.values(), POLICIES_AT_ONCE, async (policies) => {
      for (const planned of policies) {
        run.signal.throwIfAborted();
        const before = run.recorded.get(planned.itemId);
        if (before === undefined) {
          if ((await restoreItem(underWay, planned)) === 'postponed') postponed.push(planned);
        } else if (before.outcome === 'failed') underWay.failed.add(planned.policyId.toLowerCase());
      }
    });
    // What was written now may be what the assignments of earlier policies wait for.
    const waiting = postponed;
    postponed = [];
    for (const planned of waiting)
      if ((await restoreItem(underWay, planned)) === 'postponed') postponed.push(planned);
  }
  assert(postponed.length === 0, 'each policy that another one waits for is written or has failed');
}

async function begin(restore: Restore): Promise<RestoreUnderWay> {
  const { run, services, preview, dryRun } = restore;
  const { connection, graph } = await services.connection({ tenantId: run.tenantId, run, proposed: null });
  const { directory } = preview;
  if (directory === null || !isSameDirectory(directory, directoryOf(connection)))
    throw run.failure(
      'connection_replaced',
      'The tenant is connected to another directory than when it was previewed.',
    );
  const writeCheck = dryRun ? null : createWriteCheck(services.ledger, run, directory);
  await writeCheck?.atBegin();
  const earlier = await earlierIn(run.history());
  if (!dryRun) await assertAloneInDirectory(run, services, directory, earlier);
  const call = graphCallOf(run);
  const { written } = earlier;
  for (const { policyId, action, liveId } of preview.policies)
    if (action === 'leave') written.set(policyId.toLowerCase(), { action, liveId });
  const { options } = preview;
  const mapping = await openMapping(services, tenantPairOf(options, run.tenantId), options.mappingRevision);
  const failed = new Set<string>();
  const planned = new Map(preview.policies.map((policy) => [policy.policyId.toLowerCase(), policy]));
  return {
    ...restore,
    ...earlier,
    graph,
    call,
    writeCheck,
    graphRoot: connection.baseUrl.replace(/\/+$/, ''),
    resolver: createReferenceResolver({
      graph,
      call,
      mapping,
      freshness: { clock: services.clock, keptForMs: REFERENCES_KEPT_FOR_MS },
      plannedBefore: { get: (id) => written.get(id) ?? (failed.has(id) ? undefined : planned.get(id)) },
    }),
    failed,
    unassigned: new Set(),
    namesOf: createLiveNames(graph, call, services.clock, await givenToCopies(restore, earlier)),
  };
}
