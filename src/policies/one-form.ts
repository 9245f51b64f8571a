import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { parseExactJson } from '../ledger/exact-json.js';
import { isJsonObject } from '../ledger/json-values.js';
import type { PolicyType } from './catalogue/policy-types.js';
import type { PolicyDocument } from './policy-document.js';
import { KEY_NOTE, TITLE_NOTE } from './row-decisions.js';

/** The id of zeros that Graph writes where no notification template is chosen. */
const NO_TEMPLATE = '00000000-0000-0000-0000-000000000000';
/** The earliest date of Graph's servers, which stands for no date. */
const NO_DATE = /^0001-01-01T00:00:00(?:\.0+)?(?:Z|[+-]00:00)$/i;
/** A type of Graph as some clients write it, without its number sign. */
const BARE_TYPE = /^microsoft\.graph\./;

/** Lists of names and values: the field with the name, by the field that holds the list. */
const NAMED_VALUES: ReadonlyMap<string, string> = new Map([
  ['customSettings', 'name'],
  ['settings', 'appConfigKey'],
]);

/**
 * The policy with one form for what has several forms with one meaning: names of types with and without `#`, no
 * date, no notification template, and the JSON texts in rows of intents. An entry of a list of names and values is
 * marked with its name, which becomes a part of its path. Of an authentication strength that Microsoft made, only the
 * id is kept, and its name for people.
 */
export function inOneForm(type: PolicyType, document: PolicyDocument): PolicyDocument {
  const { raw, settings } = document;
  return {
    ...document,
    raw: objectInOneForm(raw),
    settings: settings?.map((row) => objectInOneForm(type.name === 'intents' ? parsed(row) : row)) ?? null,
  };
}

/** The row of an intent with the object or list in its `valueJson` parsed, no integer rounded; `value` repeats it. */
function parsed(row: JsonObject): JsonObject {
  const { valueJson, value: _, ...rest } = row;
  if (typeof valueJson !== 'string') return row;
  try {
    const inner = parseExactJson(valueJson) as Json;
    return inner !== null && typeof inner === 'object' ? { ...rest, valueJson: inner } : row;
  } catch {
    return row;
  }
}

function objectInOneForm(object: JsonObject): JsonObject {
  // Object.fromEntries keeps a key of `__proto__`, which an assignment would lose.
  return Object.fromEntries(
    Object.entries(object).map(([field, value]): [string, Json] => [field, valueInOneForm(value, field)]),
  );
}

function valueInOneForm(value: Json, field: string): Json {
  if (typeof value === 'string') return textInOneForm(value, field);
  if (Array.isArray(value)) return listInOneForm(value, field);
  if (!isJsonObject(value)) return value;
  return objectInOneForm(field === 'authenticationStrength' ? chosenStrength(value) : value);
}

/**
 * What a tenant chooses of an authentication strength. Microsoft changes the combinations and texts of its own ones for
 * every tenant: https://learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy
 */
function chosenStrength(strength: JsonObject): JsonObject {
  if (strength.policyType !== 'builtIn' || typeof strength.id !== 'string') return strength;
  return { id: strength.id, [TITLE_NOTE]: strength.displayName ?? null };
}

function textInOneForm(text: string, field: string): string | null {
  if (field === '@odata.type') return BARE_TYPE.test(text) ? `#${text}` : text;
  if (field === 'notificationTemplateId' && text === NO_TEMPLATE) return null;
  return NO_DATE.test(text) ? null : text;
}

function listInOneForm(list: readonly Json[], field: string): Json[] {
  const nameField = NAMED_VALUES.get(field);
  return list.map((entry) => {
    const form = valueInOneForm(entry, field);
    const name = nameField !== undefined && isJsonObject(form) ? form[nameField] : undefined;
    return typeof name === 'string' && isJsonObject(form) ? { ...form, [KEY_NOTE]: name } : form;
  });
}
