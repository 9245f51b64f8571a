import { isEvent } from '../../ledger/event-registry.js';
import { fewAtOnce } from '../handling/few-at-once.js';
import type { OperationServices } from '../operation-services.js';
import { type ExportedPolicy, PoliciesExported } from './export-events.js';
import type { ExportItems } from './export-items.js';
import type { ExportRun } from './export-outcomes.js';
import { readLivePolicies, readTypes } from './read-live.js';
import { readStored } from './read-stored.js';

/** Stored versions that are read at the same time. */
const STORED_AT_ONCE = 8;

/**
 * Reads the items that have no outcome yet, stores the policies that came from Graph, and records the outcomes.
 * Resolves to all policies that the export will contain, with those of earlier attempts. Errors: GraphError that
 * every further read would cause as well; those of the run.
 */
export async function readItems(
  run: ExportRun,
  services: OperationServices,
  { policies, types, stored }: ExportItems,
): Promise<readonly ExportedPolicy[]> {
  const exported = await exportedBefore(run);
  const add = (policy: ExportedPolicy): void => void exported.set(policy.itemId, policy);
  if (types.length === 0) await run.setTotal(policies.length + stored.length);
  await fewAtOnce(stored, STORED_AT_ONCE, async (item) => {
    run.signal.throwIfAborted();
    const policy = await readStored(run, services, item);
    if (policy) add(policy);
  });
  if (policies.length + types.length > 0) {
    const graph = await services.graph({ tenantId: run.tenantId, run });
    const reading = { run, services, graph };
    for await (const policy of readLivePolicies(reading, policies)) add(policy);
    for await (const policy of readTypes(reading, types)) add(policy);
  }
  await run.flush();
  return [...exported.values()];
}

/** What earlier attempts of the run recorded. */
async function exportedBefore(run: ExportRun): Promise<Map<string, ExportedPolicy>> {
  const exported = new Map<string, ExportedPolicy>();
  if (run.recorded.size === 0) return exported;
  for await (const event of run.history())
    if (isEvent(event, PoliciesExported))
      for (const policy of event.data.policies) exported.set(policy.itemId, policy);
  return exported;
}
