import { canonicalJson, type Json, type JsonObject } from '../../../ledger/canonical-json.js';
import { isOrderedList } from './ordered-lists.js';

/** Prefix of keys that the normalisation adds; they are neither compared nor shown. */
export const NOTE_PREFIX = '@note.';

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:(Z)|([+-])(\d\d):(\d\d))?$/i;
const STARTS_LIKE_A_TIME = /^\d\d(?:\d\d-|:)/;
const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?$/;
/** A GUID, with or without braces, or one followed by the version of a template. */
const GUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?(?:_\d+)?$/i;
/** Digits of the fraction of a second that are compared; Graph stores times to 100 ns. */
const FRACTION_DIGITS = 7;

/** Fields that hold ids of Graph in any form; their case doesn't matter. */
const ID_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'groupId',
  'collectionId',
  'deviceAndAppManagementAssignmentFilterId',
  'templateId',
  'definitionId',
  'settingDefinitionId',
  'notificationTemplateId',
  'roleScopeTagIds',
]);

/**
 * The normal form of a value: instants in UTC to 100 ns, ids in lower case, and null for null, an empty text, an
 * empty list and an empty object. `field` is the name of the field that holds the value. Errors: none.
 */
export function comparableForm(value: Json, field: string, parent: string | null = null): Json {
  if (typeof value === 'string') return comparableText(value, field);
  if (Array.isArray(value)) return comparableList(value, field, parent);
  if (value === null || typeof value !== 'object') return value;
  return comparableObject(value, field);
}

/** The normal form of a value as a text for comparing; null for an empty value. */
export function comparisonKey(value: Json, field: string, parent: string | null = null): string | null {
  const form = comparableForm(value, field, parent);
  if (typeof form === 'string') return JSON.stringify(form);
  return form === null ? null : canonicalJson(form);
}

function comparableText(text: string, field: string): string | null {
  if (text === '') return null;
  if (ID_FIELDS.has(field) || GUID.test(text)) return text.toLowerCase();
  if (!STARTS_LIKE_A_TIME.test(text)) return text;
  return instantOf(text) ?? timeOfDayOf(text) ?? text;
}

function comparableList(list: readonly Json[], field: string, parent: string | null): Json {
  const forms = list.map((entry) => comparableForm(entry, field));
  const nonEmpty = forms.filter((entry) => entry !== null);
  if (nonEmpty.length === 0) return null;
  return isOrderedList(field, parent) ? forms : nonEmpty;
}

function comparableObject(object: JsonObject, field: string): Json {
  const entries = Object.entries(object)
    .filter(([key]) => !key.startsWith(NOTE_PREFIX))
    .map(([key, value]): [string, Json] => [key, comparableForm(value, key, field)])
    .filter(([, value]) => value !== null);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/**
 * Normalises a date and time; null when the text isn't one. A time without a zone keeps its local form, with its
 * fraction normalised.
 */
function instantOf(text: string): string | null {
  const match = INSTANT.exec(text);
  if (!match) return null;
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second = '00',
    fraction = '',
    utc,
    sign,
    offsetHour,
    offsetMinute,
  ] = match;
  const at = new Date(0);
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  at.setUTCHours(Number(hour), Number(minute), Number(second));
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  // Date accepts a day or an hour that doesn't exist and moves it on, so the text must be the same afterwards.
  if (at.toISOString().slice(0, written.length) !== written) return null;
  if (sign !== undefined) {
    const minutes = Number(offsetHour) * 60 + Number(offsetMinute);
    at.setUTCMinutes(at.getUTCMinutes() - (sign === '+' ? minutes : -minutes));
  }
  const zone = utc !== undefined || sign !== undefined ? 'Z' : '';
  return `${at.toISOString().slice(0, -5)}.${fractionOf(fraction)}${zone}`;
}

function timeOfDayOf(text: string): string | null {
  const match = TIME_OF_DAY.exec(text);
  return match ? `${match[1]}:${match[2]}:${match[3]}.${fractionOf(match[4] ?? '')}` : null;
}

function fractionOf(digits: string): string {
  return digits.slice(0, FRACTION_DIGITS).padEnd(FRACTION_DIGITS, '0');
}
