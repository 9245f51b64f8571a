import { findingEntity } from '../../entities/finding/finding.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import type { FindingKind } from '../../policies/compare-policy-sets.js';
import { FORMER_RULES } from '../../policies/former-rules/former-rules.js';
import { COMPARING_RULES } from '../../policies/hash-inputs.js';
import type { SeenPolicy } from '../inventory-sync/read-observations.js';
import { PolicyContentLost, type PolicyContents } from './policy-contents.js';

const FINGERPRINT_LENGTH = 32;

/** The fingerprints of a finding. */
export interface FindingIdentity {
  readonly fingerprint: string;
  /** Fingerprints of the same finding under earlier comparing rules. */
  readonly formerFingerprints: readonly string[];
  readonly contentHashBefore: string | null;
  readonly contentHashAfter: string | null;
}

/** The policies that a finding is about; the subject is the newer one. */
export interface FindingSubject {
  readonly kind: FindingKind;
  readonly before: SeenPolicy | null;
  readonly after: SeenPolicy | null;
}

/**
 * The fingerprint of a finding is a keyed hash of tenant, scope, subject, kind and the contents before and after,
 * normalised by the present comparing rules. A finding that was reviewed under earlier rules keeps its fingerprint of
 * that time, so that a release with new rules doesn't report it again (ADR 0008).
 */
export async function identify(
  subject: FindingSubject,
  scope: { readonly tenantId: string; readonly scopeKey: string },
  contents: PolicyContents,
  ledger: Pick<LedgerReader, 'last'>,
): Promise<FindingIdentity> {
  const present = await identityUnder(COMPARING_RULES, subject, scope, contents);
  const fingerprints = new Set<string>();
  try {
    for (const { version } of FORMER_RULES)
      fingerprints.add((await identityUnder(version, subject, scope, contents)).fingerprint);
  } catch (error) {
    // The hashes of former rules are made from the content. Reporting a finding again is better than missing it.
    if (!(error instanceof PolicyContentLost)) throw error;
  }
  // Older rules that treat this policy in the same way give the same fingerprint.
  fingerprints.delete(present.fingerprint);
  const former = [...fingerprints];
  for (const fingerprint of former) {
    if (!(await ledger.last(findingEntity.stream(scope.tenantId, fingerprint)))) continue;
    const others = former.filter((other) => other !== fingerprint);
    return { ...present, fingerprint, formerFingerprints: others };
  }
  return { ...present, formerFingerprints: former };
}

async function identityUnder(
  rulesVersion: number,
  { kind, before, after }: FindingSubject,
  { tenantId, scopeKey }: { readonly tenantId: string; readonly scopeKey: string },
  contents: PolicyContents,
) {
  const policy = after ?? before;
  if (!policy) throw new Error('a finding is about a policy');
  const hashOf = async (seen: SeenPolicy | null): Promise<string | null> => {
    if (!seen) return null;
    const { content, assignments } = await contents.hashes(seen, rulesVersion);
    return kind === 'assignment_changed' ? assignments : content;
  };
  const [contentHashBefore, contentHashAfter] = await Promise.all([hashOf(before), hashOf(after)]);
  const { policyType, policyId } = policy;
  const identity = [tenantId, scopeKey, policyType, policyId, kind, contentHashBefore, contentHashAfter];
  const fingerprint = (await contents.digest(identity)).slice(0, FINGERPRINT_LENGTH);
  return { fingerprint, contentHashBefore, contentHashAfter };
}
