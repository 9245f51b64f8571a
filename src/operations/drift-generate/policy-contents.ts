import { canonicalJson, type Json } from '../../ledger/canonical-json.js';
import {
  comparedName,
  type PolicyType,
  policyName,
  policyTypeNamed,
} from '../../policies/catalogue/policy-types.js';
import { flattenPolicy } from '../../policies/flatten-policy.js';
import { FORMER_RULES } from '../../policies/former-rules/former-rules.js';
import {
  assignmentsHashInput,
  COMPARING_RULES,
  contentHashInput,
  nameHashInput,
} from '../../policies/hash-inputs.js';
import { decodeStoredPolicy, type StoredPolicy } from '../../policies/stored-policy.js';
import { type ArtifactAccess, LOSS_IN_WORDS, readContent } from '../../snapshots/artifact-access.js';
import type { SeenPolicy } from '../inventory-sync/read-observations.js';
import { RunFailure } from '../run-failure.js';

/** Keyed hashes of a policy under one version of the comparing rules. */
export interface PolicyHashes {
  readonly content: string;
  readonly assignments: string;
}

/** The stored content of a seen policy is lost. The message ends a sentence that begins with the content. */
export class PolicyContentLost extends Error {
  override readonly name = 'PolicyContentLost';
  constructor(
    readonly seen: SeenPolicy,
    message: string,
  ) {
    super(message);
  }
}

/** The stored contents of seen policies, and what is derived from them. */
export interface PolicyContents {
  /** Errors: PolicyContentLost. */
  document(seen: SeenPolicy): Promise<StoredPolicy>;
  /**
   * Hashes under the comparing rules of that version, taken from the event when it has them. Errors: as
   * `document`.
   */
  hashes(seen: SeenPolicy, rulesVersion: number): Promise<PolicyHashes>;
  /** Keyed hash of the exact name, or an empty text when the policy has no name. Errors: as `document`. */
  nameKey(seen: SeenPolicy): Promise<string>;
  digest(value: Json): Promise<string>;
}

/** Reads contents of one tenant. It keeps nothing in memory between calls. */
export function createPolicyContents(artifacts: ArtifactAccess, tenantId: string): PolicyContents {
  const digest = (value: Json) => artifacts.digest(tenantId, canonicalJson(value));
  const noName = digest(nameHashInput(''));

  async function document(seen: SeenPolicy): Promise<StoredPolicy> {
    const content = await readContent(artifacts, tenantId, seen.artifact);
    if ('loss' in content) throw new PolicyContentLost(seen, LOSS_IN_WORDS[content.loss]);
    return decodeStoredPolicy(content.bytes);
  }

  async function hashes(seen: SeenPolicy, rulesVersion: number): Promise<PolicyHashes> {
    if (seen.rulesVersion === rulesVersion)
      return { content: seen.contentHash, assignments: seen.assignmentsHash };
    const policy = await document(seen);
    const inputs = hashInputs(typeOf(seen), policy, rulesVersion);
    const [content, assignments] = await Promise.all([digest(inputs.content), digest(inputs.assignments)]);
    return { content, assignments };
  }

  async function nameKey(seen: SeenPolicy): Promise<string> {
    const key = seen.nameHash ?? (await exactNameHash(seen));
    return key === (await noName) ? '' : key;
  }

  async function exactNameHash(seen: SeenPolicy): Promise<string> {
    const { raw } = await document(seen);
    return digest(nameHashInput(policyName(typeOf(seen), raw)));
  }

  return { document, hashes, nameKey, digest };
}

function hashInputs(type: PolicyType, policy: StoredPolicy, rulesVersion: number) {
  if (rulesVersion === COMPARING_RULES) {
    const content = contentHashInput(comparedName(type, policy.raw), flattenPolicy(type, policy));
    return { content, assignments: assignmentsHashInput(policy.assignments) };
  }
  const rules = FORMER_RULES.find(({ version }) => version === rulesVersion);
  if (!rules) throw new Error(`comparing rules ${rulesVersion} are not known`);
  return { content: rules.contentHashInput(type, policy), assignments: rules.assignmentsHashInput(policy) };
}

function typeOf({ policyType }: SeenPolicy): PolicyType {
  const type = policyTypeNamed(policyType);
  if (!type) throw new RunFailure('unexpected', `This program doesn't know the policy type ${policyType}.`);
  return type;
}
