import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { LABEL_NOTE, SECRET_NOTE } from './normalize-policy.js';
import { isSecretName } from './secret-fields.js';

/** Fields that hold what a name elsewhere in the object, or around it, speaks of. */
const VALUE_FIELDS: ReadonlySet<string> = new Set(['value', 'valueJson', 'values']);
/** Fields whose text names what the object's value is. */
const NAME_FIELDS = ['omaUri', 'displayName', 'name', 'key', 'definitionId', 'keyName', 'appConfigKey'];

/** The names that an object has itself, and those of the definitions that it carries. */
export function namesOf(object: JsonObject): readonly string[] {
  const { definition, presentation } = object;
  const names = NAME_FIELDS.map((field) => object[field]);
  return [...names, labelIn(definition), labelIn(presentation)].filter((name) => typeof name === 'string');
}

/**
 * Whether what stands under a field is a secret: by the field's own name, because the object says so, or by the
 * names of the object and of what is around it.
 */
export function isSecretField(object: JsonObject, field: string, around: readonly string[]): boolean {
  if (isSecretName(field)) return true;
  if (!VALUE_FIELDS.has(field)) return false;
  return object[SECRET_NOTE] === true || [...around, ...namesOf(object)].some(isSecretName);
}

function labelIn(value: Json | undefined): Json | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value[LABEL_NOTE] : undefined;
}
