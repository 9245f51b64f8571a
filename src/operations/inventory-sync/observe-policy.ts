import type { GraphPolicy } from '../../graph/policies/graph-policy.js';
import { flattenPolicy } from '../../policies/flatten-policy.js';
import { encodeStoredPolicy } from '../../policies/stored-policy.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { comparedHashesOf, nameHashOf } from '../../snapshots/policy-hashes.js';
import { shownId, shownName } from '../../snapshots/shown-policy.js';
import type { OperationServices } from '../operation-services.js';
import type { NamedSetting, ObservedPolicy } from './inventory-events.js';
import { groupsIn, namedSettingsIn } from './named-in-policy.js';

const TIME_LENGTH_MAX = 40;

/** A policy that was read, with the settings that its `sets` are places of. */
export interface Observation {
  readonly policy: ObservedPolicy;
  readonly settings: NamedSetting[];
}

/** Stores a policy as Graph answered it, and returns what the log records of it, with the hashes that comparisons need. */
export async function observe(
  tenantId: string,
  policy: GraphPolicy,
  itemId: string,
  { artifacts }: Pick<OperationServices, 'artifacts'>,
): Promise<Observation> {
  const flat = flattenPolicy(policy.type, policy);
  const [artifact, nameHash, hashes] = await Promise.all([
    artifacts.put(tenantId, encodeStoredPolicy(policy.type, policy)),
    nameHashOf(artifacts, tenantId, policy.name),
    comparedHashesOf(artifacts, tenantId, { type: policy.type, document: policy, flat }),
  ]);
  const modified = policy.raw.lastModifiedDateTime ?? policy.raw.modifiedDateTime;
  const settings = namedSettingsIn(flat);
  const observed = {
    itemId,
    policyType: policy.type.name,
    policyId: shownId(policy),
    name: shownName(policy),
    nameHash,
    artifact,
    ...hashes,
    settingCount: flat.settings.size,
    lastModified: typeof modified === 'string' ? bounded(sanitizeText(modified), TIME_LENGTH_MAX) : null,
    sets: settings.map((_, place) => place),
    groups: groupsIn(policy),
  };
  return { policy: observed, settings };
}
