import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { isJsonObject } from '../ledger/json-values.js';
import type { ReferenceKind, ReferencePlace } from './catalogue/policy-type.js';
import { linkNamesOf, type PolicyType } from './catalogue/policy-types.js';
import { linkTarget } from './catalogue/profile-links.js';
import type { PolicyDocument } from './policy-document.js';

/** An object that a policy refers to by its id. */
export interface PolicyReference {
  readonly kind: ReferenceKind;
  readonly id: string;
}

/** Equal exactly for references to the same object; the case of an id doesn't matter. */
export const referenceKey = ({ kind, id }: { readonly kind: string; readonly id: string }): string =>
  `${kind} ${id.toLowerCase()}`;

const GUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?/i;
const NO_ID = '00000000-0000-0000-0000-000000000000';
/** Id of the scope tag that every tenant has. */
export const DEFAULT_SCOPE_TAG = '0';

/** Every policy names its scope tags in one of these fields. */
export const SCOPE_TAG_FIELDS: readonly string[] = ['roleScopeTagIds', 'roleScopeTags'];
const SCOPE_TAG_PLACES: readonly ReferencePlace[] = SCOPE_TAG_FIELDS.map((field) => ({
  kind: 'scope_tag',
  at: `${field}/*`,
}));
const ASSIGNMENT_PLACES: readonly ReferencePlace[] = [
  { kind: 'group', at: 'target/groupId' },
  { kind: 'assignment_filter', at: 'target/deviceAndAppManagementAssignmentFilterId' },
];

/** Makes the function that replaces the id in a text at a place, which is in the field of the given name. */
type Replacing = (source: ReferencePlace, field: string) => (text: string) => string;

/** Everything that a policy refers to, each once, in the order of its fields; groups, filters and tags come first. */
export function referencesOf(type: PolicyType, document: PolicyDocument): readonly PolicyReference[] {
  const found = new Map<string, PolicyReference>();
  withReferences(type, document, ({ kind, id }) => {
    found.set(referenceKey({ kind, id }), { kind, id });
    return id;
  });
  return [...found.values()];
}

/**
 * The policy with other ids in the places of those that it refers to. `replace` gets each reference with its place:
 * `assignments`, or the name of the field, child collection or link that holds it.
 */
export function withReferences(
  type: PolicyType,
  document: PolicyDocument,
  replace: (reference: PolicyReference, place: string) => string,
): PolicyDocument {
  const replacing: Replacing =
    ({ kind, prefix }, place) =>
    (text) => {
      const before = prefix?.exec(text)?.[0] ?? '';
      const id = text.slice(before.length);
      return isReference(kind, id) ? before + replace({ kind, id }, place) : text;
    };
  const assignments = document.assignments.map((assignment) =>
    ASSIGNMENT_PLACES.reduce(
      (row, source) => replacedAt(row, source.at.split('/'), replacing(source, 'assignments')) as JsonObject,
      assignment,
    ),
  );
  let { raw, settings } = document;
  for (const source of [...SCOPE_TAG_PLACES, ...type.refersTo]) {
    const [field = '', ...rest] = source.at.split('/');
    const replaceIn = replacing(source, field);
    if (field === 'settings' && settings)
      settings = replacedAt([...settings], rest, replaceIn, source.except) as JsonObject[];
    else raw = replacedAt(raw, [field, ...rest], replaceIn, source.except) as JsonObject;
  }
  return { ...document, raw, settings, assignments, ...attachedWith(type, document, replacing) };
}

/** The linked objects and the rows of child collections with other ids. */
function attachedWith(
  type: PolicyType,
  { raw, attached }: PolicyDocument,
  replacing: Replacing,
): Pick<PolicyDocument, 'attached'> {
  if (!attached) return {};
  const links = new Set(linkNamesOf(type, raw));
  const entries = Object.entries(attached).map(([name, rows]): [string, readonly JsonObject[]] => {
    const link: ReferencePlace = { kind: linkTarget(name).kind, at: `${name}/*/id` };
    const replaced = (links.has(name) ? [link] : type.refersTo)
      .map((source) => ({ source, steps: source.at.split('/') }))
      .filter(({ steps }) => steps[0] === name)
      .reduce<Json>(
        (all, { source, steps }) => replacedAt(all, steps.slice(1), replacing(source, name)),
        [...rows],
      );
    return [name, replaced as JsonObject[]];
  });
  return { attached: Object.fromEntries(entries) };
}

/** Words such as `All` and the id `0000…` refer to no object; only tags have numeric ids. */
function isReference(kind: ReferenceKind, id: string): boolean {
  return id !== NO_ID && (kind === 'scope_tag' || GUID.test(id));
}

/**
 * A value with its texts at a place replaced: `*` means each entry of a list, except those of the derived types in
 * `except`; `**Name` means each inner object whose type ends in that name.
 */
function replacedAt(
  value: Json,
  [step, ...rest]: readonly string[],
  replace: (text: string) => string,
  except?: ReadonlySet<string>,
): Json {
  if (step === undefined) return typeof value === 'string' ? replace(value) : value;
  if (step === '*')
    return Array.isArray(value)
      ? value.map((entry) => (isOfTypes(entry, except) ? entry : replacedAt(entry, rest, replace, except)))
      : value;
  if (step.startsWith('**')) return replacedWithin(value, step.slice(2), rest, replace);
  const inner = isJsonObject(value) ? value[step] : undefined;
  if (!isJsonObject(value) || inner === undefined) return value;
  const replaced = replacedAt(inner, rest, replace, except);
  return replaced === inner ? value : { ...value, [step]: replaced };
}

function replacedWithin(
  value: Json,
  ending: string,
  rest: readonly string[],
  replace: (text: string) => string,
): Json {
  if (Array.isArray(value)) return value.map((entry) => replacedWithin(entry, ending, rest, replace));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, Json] => [
    key,
    replacedWithin(inner, ending, rest, replace),
  ]);
  const within = Object.fromEntries(entries);
  const type = value['@odata.type'];
  return typeof type === 'string' && type.endsWith(ending) ? replacedAt(within, rest, replace) : within;
}

const isOfTypes = (entry: Json, types: ReadonlySet<string> | undefined): boolean =>
  types !== undefined && isJsonObject(entry) && types.has(String(entry['@odata.type']));
