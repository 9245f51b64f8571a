import type { NamedReference } from '../../graph/policies/reference-names.js';
import type { PolicyReference } from '../../policies/references.js';
import { referenceKey } from '../../policies/references.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { fitDigests } from './reference-digests.js';
import { type PlannedPolicy, REFERENCE_NAME_LENGTH_MAX, REFERENCES_MAX } from './restore-events.js';

/** What a reference of a snapshot becomes in the tenant. */
export interface ReferenceResolution {
  readonly resolution: PlannedPolicy['references'][number]['resolution'];
  /** The id that the object has now; null for a missing one and for one that the restore is yet to create. */
  readonly becomes: string | null;
}

/** Finds out what references become; each is looked up once. */
export interface ReferenceResolver {
  resolve(references: readonly NamedReference[]): Promise<readonly ReferenceResolution[]>;
}

/**
 * References in the form of the event, with what they become and the keyed hashes of their names. Names are sanitized,
 * and those that need attention come first.
 */
export function plannedReferences(
  references: readonly NamedReference[],
  resolutions: readonly ReferenceResolution[],
  nameHashes: readonly (string | null)[],
): PlannedPolicy['references'] {
  const planned = references.map(({ kind, id, name }, index) => ({
    kind,
    id: bounded(id, 200),
    name: name === null ? null : bounded(sanitizeText(name), REFERENCE_NAME_LENGTH_MAX),
    nameHash: nameHashes[index] ?? null,
    becomes: resolutions[index]?.becomes ?? null,
    resolution: resolutions[index]?.resolution ?? 'missing',
  }));
  const order = ['missing', 'mapped', 'restored_before', 'same'];
  return planned
    .sort((one, other) => order.indexOf(one.resolution) - order.indexOf(other.resolution))
    .slice(0, REFERENCES_MAX);
}

/**
 * Whether references still become what a preview said. One that the same restore writes before, and one that was
 * missing, may have got an id since; one that is missing now is a matter of the requests that need it.
 */
export function sameResolutions(
  { references: shown, referencesDigest }: Pick<PlannedPolicy, 'references' | 'referencesDigest'>,
  references: readonly NamedReference[],
  resolutions: readonly ReferenceResolution[],
): boolean {
  const now = mappedBy(references, resolutions);
  const isSameShown = shown.every(({ kind, id, resolution, becomes }) => {
    const reference = references.find((one) => one.kind === kind && one.id === id);
    if (!reference || (resolution !== 'same' && resolution !== 'mapped')) return true;
    const idNow = now(reference);
    return idNow === null || idNow.toLowerCase() === becomes?.toLowerCase();
  });
  if (!isSameShown || referencesDigest === undefined) return isSameShown;
  return fitDigests(referencesDigest, references, references.map(now));
}

/**
 * Stands for the id of an object that the restore is yet to create. It equals no id of a live policy, so that a policy
 * which still refers to the deleted object is seen to differ. It is shown to people and never sent.
 */
export const yetToBeCreated = (oldId: string): string => `new, was ${oldId}`;

/** The ids that references have now; `yetToBeCreated` for an object that the restore is yet to create. */
export function mappedBy(
  references: readonly NamedReference[],
  resolutions: readonly ReferenceResolution[],
): (reference: PolicyReference) => string | null {
  const becomes = new Map(
    references.map((reference, index): [string, string | null] => {
      const { resolution, becomes: id = null } = resolutions[index] ?? { resolution: 'missing' };
      return [
        referenceKey(reference),
        resolution === 'restored_before' ? (id ?? yetToBeCreated(reference.id)) : id,
      ];
    }),
  );
  return (reference) => becomes.get(referenceKey(reference)) ?? null;
}
