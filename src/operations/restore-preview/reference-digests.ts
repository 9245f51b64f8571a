import type { NamedReference } from '../../graph/policies/reference-names.js';
import { sha256Hex } from '../../ledger/canonical-json.js';
import type { PolicyReference } from '../../policies/references.js';
import type { ReferenceResolution } from './reference-resolution.js';
import {
  DIGESTED_SINGLY_MAX,
  REFERENCE_DIGEST_LENGTH,
  REFERENCES_DIGEST_LENGTH_MAX,
} from './restore-events.js';

/** Stands for a reference that may become another object than at the preview. */
const MAY_CHANGE = '0'.repeat(REFERENCE_DIGEST_LENGTH);
const HASH_LENGTH = 64;
/** Most references that one digest of all marks as settled or not; those beyond count as settled. */
const MARKED_MAX = ((REFERENCES_DIGEST_LENGTH_MAX - HASH_LENGTH) / 2) * 8;

/**
 * What references become, in hex digits and in the order of the snapshot. A plan keeps it for a policy with more
 * references than it shows, so that all can be compared when the policy is restored. Up to `DIGESTED_SINGLY_MAX`
 * references have a short digest each; of more there is one bit each, set where it is settled what the reference becomes,
 * and one hash of all that are settled.
 */
export function digestsOf(
  references: readonly NamedReference[],
  resolutions: readonly ReferenceResolution[],
): string {
  const settled = references.map((_, index) => settledId(resolutions[index]));
  if (references.length > DIGESTED_SINGLY_MAX) {
    const marks = Buffer.alloc(Math.ceil(Math.min(references.length, MARKED_MAX) / 8));
    for (const [index, id] of settled.entries())
      if (id !== null && index < MARKED_MAX)
        marks[index >> 3] = (marks[index >> 3] ?? 0) | (1 << (index & 7));
    return marks.toString('hex') + hashOfSettled(marks, references, settled);
  }
  const digests = references.map((reference, index) => {
    const id = settled[index] ?? null;
    return id === null ? MAY_CHANGE : digestOf(reference, id);
  });
  return digests.join('');
}

/**
 * Whether references become what their digests say. `idsNow` holds null for a missing one, which fits a digest of its
 * own, and not the digest of all where it was settled.
 */
export function fitDigests(
  digests: string,
  references: readonly PolicyReference[],
  idsNow: readonly (string | null)[],
): boolean {
  if (references.length > DIGESTED_SINGLY_MAX) {
    const marks = Buffer.from(digests.slice(0, -HASH_LENGTH), 'hex');
    return digests.slice(-HASH_LENGTH) === hashOfSettled(marks, references, idsNow);
  }
  return references.every((reference, index) => {
    const from = index * REFERENCE_DIGEST_LENGTH;
    const digest = digests.slice(from, from + REFERENCE_DIGEST_LENGTH);
    const idNow = idsNow[index] ?? null;
    return idNow === null || digest === MAY_CHANGE || digest === digestOf(reference, idNow);
  });
}

/** The id that a reference becomes; null where it may become another one than at the preview. */
function settledId(found: ReferenceResolution | undefined): string | null {
  const isSettled = found?.resolution === 'same' || found?.resolution === 'mapped';
  return isSettled ? found.becomes : null;
}

function hashOfSettled(
  marks: Buffer,
  references: readonly PolicyReference[],
  ids: readonly (string | null)[],
): string {
  const isSettled = (index: number) =>
    index >= marks.length * 8 || ((marks[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  const settled = references.flatMap((reference, index) =>
    isSettled(index) ? [textOf(reference, ids[index] ?? '')] : [],
  );
  return sha256Hex(settled.join('\n'));
}

const digestOf = (reference: PolicyReference, becomes: string): string =>
  sha256Hex(textOf(reference, becomes)).slice(0, REFERENCE_DIGEST_LENGTH);

const textOf = ({ kind, id }: PolicyReference, becomes: string): string =>
  `${kind} ${id} ${becomes}`.toLowerCase();
