import type { NamedReference } from '../../graph/policies/reference-names.js';
import { sha256Hex } from '../../ledger/canonical-json.js';
import type { PolicyReference } from '../../policies/references.js';
import type { ReferenceResolution } from './reference-resolution.js';
import { DIGESTED_REFERENCES_MAX, REFERENCE_DIGEST_LENGTH } from './restore-events.js';

/** Stands for a reference that may become another object than at the preview. */
const MAY_CHANGE = '0'.repeat(REFERENCE_DIGEST_LENGTH);

/**
 * Short digests of what references become, one after another in the order of the snapshot. A plan keeps them for a policy
 * with more references than it shows, so that all can be compared when the policy is restored.
 */
export function digestsOf(
  references: readonly NamedReference[],
  resolutions: readonly ReferenceResolution[],
): string {
  const digests = references.slice(0, DIGESTED_REFERENCES_MAX).map((reference, index) => {
    const { resolution, becomes } = resolutions[index] ?? { resolution: 'missing', becomes: null };
    const isSettled = becomes !== null && (resolution === 'same' || resolution === 'mapped');
    return isSettled ? digestOf(reference, becomes) : MAY_CHANGE;
  });
  return digests.join('');
}

/** Whether a reference that becomes an object now fits its place in the digests. */
export function fitsDigest(
  digests: string,
  index: number,
  reference: PolicyReference,
  idNow: string,
): boolean {
  const from = index * REFERENCE_DIGEST_LENGTH;
  const digest = digests.slice(from, from + REFERENCE_DIGEST_LENGTH);
  return digest === MAY_CHANGE || digest === digestOf(reference, idNow);
}

const digestOf = ({ kind, id }: PolicyReference, becomes: string): string =>
  sha256Hex(`${kind} ${id} ${becomes}`.toLowerCase()).slice(0, REFERENCE_DIGEST_LENGTH);
