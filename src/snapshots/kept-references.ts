import { z } from 'zod';
import type { NamedReference } from '../graph/policies/reference-names.js';
import { canonicalJson } from '../ledger/canonical-json.js';
import type { ReferenceKind } from '../policies/catalogue/policy-type.js';
import { REFERENCE_SOURCES } from '../policies/catalogue/references.js';
import type { PolicyReference } from '../policies/references.js';
import { referenceKey } from '../policies/references.js';

const NOT_KEPT = { name: null, unnamed: 'not_asked' } as const;

const schema = z.array(
  z.strictObject({
    kind: z.string().refine((kind): kind is ReferenceKind => kind in REFERENCE_SOURCES),
    id: z.string(),
    name: z.string().nullable(),
    unnamed: z.enum(['not_found', 'not_readable', 'not_asked']).nullable(),
  }),
);

/** The bytes of an artifact with exact names. Equal references give equal bytes in every order. */
export function encodeReferences(references: readonly NamedReference[]): Uint8Array {
  const kept = [...references]
    .sort(byKindAndId)
    .map(({ kind, id, name, unnamed }) => ({ kind, id, name, unnamed }));
  return Buffer.from(canonicalJson(kept));
}

/** Reads the bytes of an artifact. Errors: SyntaxError or z.ZodError for bytes that this program didn't write. */
export function decodeReferences(bytes: Uint8Array): readonly NamedReference[] {
  return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))) as NamedReference[];
}

/**
 * The references that a policy has by the present catalogue, ordered by kind and id, with the names that were kept. A
 * snapshot of an older program may have kept another kind for an id, or none.
 */
export function withPresentKinds(
  kept: readonly NamedReference[],
  present: readonly PolicyReference[],
): readonly NamedReference[] {
  const exact = new Map(kept.map((reference) => [referenceKey(reference), reference]));
  const byId = new Map(kept.map((reference) => [reference.id.toLowerCase(), reference]));
  return present
    .map(({ kind, id }) => {
      const { name, unnamed } =
        exact.get(referenceKey({ kind, id })) ?? byId.get(id.toLowerCase()) ?? NOT_KEPT;
      return { kind, id, name, unnamed };
    })
    .toSorted(byKindAndId);
}

/** Whether the names are equal. A name that couldn't be read now doesn't differ from a stored name. */
export function nameTheSame(kept: readonly NamedReference[], now: readonly NamedReference[]): boolean {
  if (kept.length !== now.length) return false;
  const known = new Map(kept.map((reference) => [referenceKey(reference), reference]));
  return now.every((reference) => {
    const before = known.get(referenceKey(reference));
    if (before === undefined) return false;
    if (reference.unnamed === 'not_readable') return true;
    return before.name === reference.name && before.unnamed === reference.unnamed;
  });
}

function byKindAndId(one: PolicyReference, other: PolicyReference): number {
  return referenceKey(one) < referenceKey(other) ? -1 : 1;
}
