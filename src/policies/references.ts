import type { Json, JsonObject } from '../ledger/canonical-json.js';
import type { ReferenceKind } from './catalogue/policy-type.js';
import { linkNamesOf, type PolicyType } from './catalogue/policy-types.js';
import type { PolicyDocument } from './policy-document.js';

/** An object that a policy refers to by its id. */
export interface PolicyReference {
  readonly kind: ReferenceKind;
  readonly id: string;
}

const GUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?/i;
const NO_ID = '00000000-0000-0000-0000-000000000000';
/** Every policy names its scope tags in one of these fields. */
const SCOPE_TAG_FIELDS = ['roleScopeTagIds', 'roleScopeTags'];

/** Everything that a policy refers to, each once, in the order of its fields; groups, filters and tags come first. */
export function referencesOf(type: PolicyType, document: PolicyDocument): readonly PolicyReference[] {
  const { raw, settings, attached = {} } = document;
  const found = new Map<string, PolicyReference>();
  const add = (kind: ReferenceKind, id: Json | undefined) => {
    // Words such as `All` and the id `0000…` refer to no object; only tags have numbers as ids.
    if (typeof id !== 'string' || id === NO_ID || !(kind === 'scope_tag' || GUID.test(id))) return;
    found.set(`${kind} ${id.toLowerCase()}`, { kind, id });
  };
  for (const { target } of document.assignments) {
    if (!isObject(target)) continue;
    add('group', target.groupId);
    add('assignment_filter', target.deviceAndAppManagementAssignmentFilterId);
  }
  for (const field of SCOPE_TAG_FIELDS) for (const id of entriesOf(raw[field])) add('scope_tag', id);
  const whole: JsonObject = { ...raw, ...(settings && { settings: [...settings] }) };
  for (const { kind, at } of type.refersTo) for (const id of valuesAt(whole, at.split('/'))) add(kind, id);
  for (const name of linkNamesOf(type, raw))
    for (const { id } of attached[name] ?? []) add('certificate', id);
  return [...found.values()];
}

/** The values at a place: `*` means each entry of a list, `**Name` each inner object whose type ends in that name. */
function valuesAt(value: Json | undefined, [step, ...rest]: readonly string[]): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (step === undefined) return [value];
  if (step === '*') return entriesOf(value).flatMap((entry) => valuesAt(entry, rest));
  if (step.startsWith('**'))
    return typedWithin(value, step.slice(2)).flatMap((found) => valuesAt(found, rest));
  return isObject(value) ? valuesAt(value[step], rest) : [];
}

function typedWithin(value: Json, ending: string): readonly JsonObject[] {
  if (Array.isArray(value)) return value.flatMap((entry) => typedWithin(entry, ending));
  if (!isObject(value)) return [];
  const within = Object.values(value).flatMap((inner) => typedWithin(inner, ending));
  const type = value['@odata.type'];
  return typeof type === 'string' && type.endsWith(ending) ? [value, ...within] : within;
}

function entriesOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
}
