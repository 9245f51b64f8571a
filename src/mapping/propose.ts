import type { ReferenceKind } from '../policies/catalogue/policy-type.js';
import { DEFAULT_SCOPE_TAG } from '../policies/references.js';
import { type NameDifference, nameDifferences } from './alike-names.js';

/** An object that a policy refers to, as it was called when the policy was captured. */
export interface ReferredObject {
  readonly kind: ReferenceKind;
  readonly id: string;
  /** The name for people; null when it isn't known. */
  readonly name: string | null;
  /** What exact names are compared by: the exact name itself, or its keyed hash; null when it isn't known. */
  readonly exact: string | null;
}

/** An object of the tenant that the policy is restored to. */
export interface Candidate {
  readonly id: string;
  readonly name: string | null;
  /** As `ReferredObject.exact`, and made in the same way. */
  readonly exact: string | null;
  /** A rule of the directory decides about the group's members. */
  readonly dynamic: boolean;
}

/**
 * Why an object isn't taken without a person:
 * - `renamed`: the object of the same id has another name, so that the id may mean something else now;
 * - `unknown_name`: its id is there, and nobody knows what it was called when the policy was captured;
 * - `twin`: others have the same exact name;
 * - `other_id`: it has the exact name, while the id belongs to an object of another name;
 * - `dynamic`: a rule decides about the group's members;
 * - `looks_same`: the shown names are equal and the exact ones aren't;
 * - the others say how its name differs from the wanted one.
 */
export type Difference =
  | 'renamed'
  | 'unknown_name'
  | 'twin'
  | 'other_id'
  | 'dynamic'
  | 'looks_same'
  | NameDifference;

export interface CandidateOffer {
  readonly candidate: Candidate;
  readonly differences: readonly Difference[];
}

/** What a reference could become: the one exact object, or a choice of those that a person may take for it. */
export type Proposal =
  | { readonly kind: 'exact'; readonly by: 'id' | 'name'; readonly candidate: Candidate }
  | { readonly kind: 'open'; readonly offers: readonly CandidateOffer[] };

/** Kinds whose ids can come to mean another object, so that the name decides as well (K6). */
export const NAME_DECIDES: ReadonlySet<ReferenceKind> = new Set(['scope_tag', 'assignment_filter']);

/** Most objects that are offered for one reference. */
const OFFERS_MAX = 20;

/**
 * Proposes what a reference becomes. Only what is exact and single is proposed: the object of the same id, which must
 * have the same name where ids can come to mean another object, else the only one of the exact name. Everything else
 * is offered with its differences for a person to choose from (K6).
 */
export function propose(reference: ReferredObject, candidates: readonly Candidate[]): Proposal {
  const byId = candidates.find(({ id }) => isSameId(id, reference.id));
  if (byId && isIdEnough(reference, byId)) return { kind: 'exact', by: 'id', candidate: byId };
  const named = candidates.filter((candidate) => candidate !== byId && hasExactName(reference, candidate));
  const [only] = named;
  if (!byId && only && named.length === 1 && !only.dynamic)
    return { kind: 'exact', by: 'name', candidate: only };
  const offers = candidates.flatMap((candidate) => {
    const differences = differencesOf(reference, candidate, { byId, named });
    return differences === null ? [] : [{ candidate, differences }];
  });
  return { kind: 'open', offers: offers.toSorted(byLikeness).slice(0, OFFERS_MAX) };
}

function isIdEnough(reference: ReferredObject, { exact }: Candidate): boolean {
  if (!NAME_DECIDES.has(reference.kind)) return true;
  if (reference.kind === 'scope_tag' && reference.id === DEFAULT_SCOPE_TAG) return true;
  // Tags have numbers as ids; a GUID whose name was never known can't belong to another object.
  if (reference.exact === null) return reference.kind !== 'scope_tag';
  return exact === reference.exact;
}

/** Null for an object that isn't like the reference at all. */
function differencesOf(
  reference: ReferredObject,
  candidate: Candidate,
  { byId, named }: { readonly byId: Candidate | undefined; readonly named: readonly Candidate[] },
): readonly Difference[] | null {
  const dynamic: readonly Difference[] = candidate.dynamic ? ['dynamic'] : [];
  if (candidate === byId) return [reference.exact === null ? 'unknown_name' : 'renamed'];
  if (named.includes(candidate))
    return [
      ...(named.length > 1 ? (['twin'] as const) : []),
      ...(byId ? (['other_id'] as const) : []),
      ...dynamic,
    ];
  if (reference.name === null || candidate.name === null) return null;
  const names = nameDifferences(reference.name, candidate.name);
  return names && [...(names.length === 0 ? (['looks_same'] as const) : names), ...dynamic];
}

function hasExactName(reference: ReferredObject, { exact }: Candidate): boolean {
  return reference.exact !== null && exact === reference.exact;
}

/** The object of the same id first, then those of the exact name, then the others by the number of differences. */
function byLikeness(one: CandidateOffer, other: CandidateOffer): number {
  return placeOf(one) - placeOf(other) || (one.candidate.id < other.candidate.id ? -1 : 1);
}

function placeOf({ differences }: CandidateOffer): number {
  if (differences.includes('renamed') || differences.includes('unknown_name')) return 0;
  return differences.includes('twin') || differences.includes('other_id') ? 1 : 1 + differences.length;
}

/** The case of an id doesn't matter. */
export const isSameId = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
