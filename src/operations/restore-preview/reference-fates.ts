import type { NamedReference } from '../../graph/policies/reference-names.js';
import type { PolicyReference } from '../../policies/references.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { type PlannedPolicy, REFERENCE_NAME_LENGTH_MAX, REFERENCES_MAX } from './restore-events.js';

/** What a reference of a snapshot becomes in the tenant. */
export interface ReferenceFate {
  readonly fate: PlannedPolicy['references'][number]['fate'];
  /** The id that the object has now; null for a missing one and for one that the restore is yet to create. */
  readonly becomes: string | null;
}

/** Tells the fates of references; each is found out once. */
export interface ReferenceFates {
  of(references: readonly NamedReference[]): Promise<readonly ReferenceFate[]>;
}

/** References with their fates and the keyed hashes of their names in the form of the event: sanitized, those that need attention first. */
export function plannedReferences(
  references: readonly NamedReference[],
  fates: readonly ReferenceFate[],
  nameHashes: readonly (string | null)[],
): PlannedPolicy['references'] {
  const planned = references.map(({ kind, id, name }, index) => ({
    kind,
    id: bounded(id, 200),
    name: name === null ? null : bounded(sanitizeText(name), REFERENCE_NAME_LENGTH_MAX),
    nameHash: nameHashes[index] ?? null,
    becomes: fates[index]?.becomes ?? null,
    fate: fates[index]?.fate ?? 'missing',
  }));
  const order = ['missing', 'mapped', 'restored_before', 'same'];
  return planned
    .sort((one, other) => order.indexOf(one.fate) - order.indexOf(other.fate))
    .slice(0, REFERENCES_MAX);
}

/**
 * Whether references still become what a preview said. One that the same restore writes before, and one that was
 * missing, may have got an id since; one that is missing now is a matter of the requests that need it.
 */
export function sameFates(
  planned: PlannedPolicy['references'],
  references: readonly NamedReference[],
  fates: readonly ReferenceFate[],
): boolean {
  const now = mappedBy(references, fates);
  return planned.every(({ kind, id, fate, becomes }) => {
    const reference = references.find((one) => one.kind === kind && one.id === id);
    if (!reference || (fate !== 'same' && fate !== 'mapped')) return true;
    const idNow = now(reference);
    return idNow === null || idNow.toLowerCase() === becomes?.toLowerCase();
  });
}

/** The ids that references have now; an object that the restore is yet to create keeps its old id. */
export function mappedBy(
  references: readonly NamedReference[],
  fates: readonly ReferenceFate[],
): (reference: PolicyReference) => string | null {
  const keyOf = ({ kind, id }: PolicyReference) => `${kind} ${id.toLowerCase()}`;
  const becomes = new Map(
    references.map((reference, index): [string, string | null] => {
      const { fate, becomes: id = null } = fates[index] ?? { fate: 'missing' };
      return [keyOf(reference), fate === 'restored_before' ? (id ?? reference.id) : id];
    }),
  );
  return (reference) => becomes.get(keyOf(reference)) ?? null;
}
