import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { isDescribingKey, isValueKey } from '../sanitize/value.js';
import { LABEL_NOTE, SECRET_NOTE } from './normalize-policy.js';
import { namesSecretOrFile } from './secret-fields.js';

/** Fields that hold the value that a name in the object, or in an object around it, describes. */
const VALUE_FIELDS: ReadonlySet<string> = new Set(['value', 'valueJson', 'values']);

/** The names of an object and of the definitions in it, in the fields by which the sanitizer knows names. */
export function namesOf(object: JsonObject): readonly string[] {
  const { definition, presentation } = object;
  const names = Object.keys(object)
    .filter(isDescribingKey)
    .map((field) => object[field]);
  return [...names, labelIn(definition), labelIn(presentation)].filter((name) => typeof name === 'string');
}

/**
 * Whether a field holds a secret: by its own name, by a mark of the object, or by the names of the object and of
 * the objects around it.
 */
export function isSecretField(object: JsonObject, field: string, around: readonly string[]): boolean {
  if (namesSecretOrFile(field)) return true;
  if (!VALUE_FIELDS.has(field) && !holdsNamedValue(object, field)) return false;
  return object[SECRET_NOTE] === true || [...around, ...namesOf(object)].some(namesSecretOrFile);
}

/** Whether a field such as `appConfigKeyValue` holds simple values; in a list of objects each object has its own names. */
function holdsNamedValue(object: JsonObject, field: string): boolean {
  const value = object[field];
  const isSimple = (one: Json | undefined) => one === null || typeof one !== 'object';
  return isValueKey(field) && (Array.isArray(value) ? value.every(isSimple) : isSimple(value));
}

function labelIn(value: Json | undefined): Json | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value[LABEL_NOTE] : undefined;
}
