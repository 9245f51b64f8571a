import type { GraphPolicy } from '../../graph/policies/graph-policy.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import { flattenPolicy } from '../../policies/flatten-policy.js';
import { assignmentsHashInput, contentHashInput, nameHashInput } from '../../policies/hash-inputs.js';
import { encodeStoredPolicy } from '../../policies/stored-policy.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import type { OperationServices } from '../operation-services.js';
import type { ObservedPolicy } from './inventory-events.js';
import { shownId, shownName } from './policy-items.js';

const TIME_LENGTH_MAX = 40;

type Artifacts = Pick<OperationServices, 'artifacts'>;

/** Stores a policy as Graph answered it, and returns the hashes that comparisons need. */
export async function observe(
  tenantId: string,
  policy: GraphPolicy,
  itemId: string,
  { artifacts }: Artifacts,
): Promise<ObservedPolicy> {
  const flat = flattenPolicy(policy.type, policy);
  const [artifact, nameHash, contentHash, assignmentsHash] = await Promise.all([
    artifacts.put(tenantId, encodeStoredPolicy(policy.type, policy)),
    nameHashOf(policy.name, tenantId, { artifacts }),
    artifacts.digest(tenantId, canonicalJson(contentHashInput(policy.name, flat))),
    artifacts.digest(tenantId, canonicalJson(assignmentsHashInput(policy.assignments))),
  ]);
  const modified = policy.raw.lastModifiedDateTime ?? policy.raw.modifiedDateTime;
  return {
    itemId,
    policyType: policy.type.name,
    policyId: shownId(policy),
    name: shownName(policy),
    nameHash,
    artifact,
    contentHash,
    assignmentsHash,
    settingCount: flat.settings.size,
    lastModified: typeof modified === 'string' ? bounded(sanitizeText(modified), TIME_LENGTH_MAX) : null,
  };
}

/** Keyed hash of a policy's exact name. */
export function nameHashOf(name: string, tenantId: string, { artifacts }: Artifacts): Promise<string> {
  return artifacts.digest(tenantId, canonicalJson(nameHashInput(name)));
}
