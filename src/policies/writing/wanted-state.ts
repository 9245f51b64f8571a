import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyDocument } from '../policy-document.js';
import { DEFAULT_SCOPE_TAG, type PolicyReference, SCOPE_TAG_FIELDS, withReferences } from '../references.js';
import type { WriteInput, WriteLimit } from './write-plan.js';

/** The wanted state of the policy, with the ids of the tenant that it is written to. */
export interface WantedState {
  readonly document: PolicyDocument;
  /** References without a mapping, by the place that holds them; the document keeps their old ids. */
  readonly unmapped: ReadonlyMap<string, readonly PolicyReference[]>;
}

/** The snapshot with the ids of the tenant, and with the scope tags of the live policy when tags aren't restored. */
export function wantedState({
  type,
  snapshot,
  live,
  includeScopeTags,
  mapped,
}: Pick<WriteInput, 'type' | 'snapshot' | 'live' | 'includeScopeTags' | 'mapped'>): WantedState {
  const unmapped = new Map<string, PolicyReference[]>();
  const raw = includeScopeTags ? snapshot.raw : withTagsOf(live, snapshot.raw);
  const document = withReferences(type, { ...snapshot, raw }, (reference, place) => {
    if (reference.kind === 'scope_tag' && isKept(reference.id, includeScopeTags)) return reference.id;
    const id = mapped(reference);
    if (id !== null) return id;
    unmapped.set(place, [...(unmapped.get(place) ?? []), reference]);
    return reference.id;
  });
  return { document, unmapped };
}

/** The limits for references without a mapping, in the places that are written. */
export function unmappedLimits(
  { unmapped }: WantedState,
  written: ReadonlySet<string>,
  words: (reference: PolicyReference) => string,
): readonly WriteLimit[] {
  return [...unmapped]
    .filter(([place]) => written.has(place))
    .flatMap(([field, references]) =>
      references.map(
        (reference): WriteLimit => ({
          kind: 'unknown_reference',
          field,
          reasonCode: 'mapping_missing',
          reason: `It refers to ${words(reference)} that isn’t mapped to one of this tenant.`,
          reference,
        }),
      ),
    );
}

const isKept = (id: string, includeScopeTags: boolean): boolean =>
  id === DEFAULT_SCOPE_TAG || !includeScopeTags;

function withTagsOf(live: PolicyDocument | null, raw: JsonObject): JsonObject {
  const rest = Object.entries(raw).filter(([field]) => !SCOPE_TAG_FIELDS.includes(field));
  const tags = Object.entries(live?.raw ?? {}).filter(([field]) => SCOPE_TAG_FIELDS.includes(field));
  return Object.fromEntries([...rest, ...tags]);
}
