import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import { isOrderedList } from './ordered-lists.js';

/** Keys with this prefix are added by the normalisation; they are neither compared nor shown. */
export const NOTE_PREFIX = '@note.';

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:(Z)|([+-])(\d\d):(\d\d))?$/i;
const STARTS_LIKE_A_TIME = /^\d\d(?:\d\d-|:)/;
const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?$/;
/** A GUID, in braces or not, or one with a template's version behind it. */
const GUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?(?:_\d+)?$/i;
/** Digits of a second's fraction that count: 100 ns, which is what Graph keeps. */
const FRACTION_DIGITS = 7;

/** Fields that hold ids of Graph in whatever form; case doesn't matter in them. */
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
 * The value in one form for all its spellings: instants in UTC to 100 ns, ids in lower case, and null for null, an
 * empty text, an empty list and an empty object. `field` is the name that
 * the value stands under. Errors: none.
 */
export function meaningOf(value: Json, field: string, parent: string | null = null): Json {
  if (typeof value === 'string') return meaningOfText(value, field);
  if (Array.isArray(value)) return meaningOfList(value, field, parent);
  if (value === null || typeof value !== 'object') return value;
  return meaningOfObject(value, field);
}

/** The value's one form as a text that can be compared; null for an empty value. */
export function meaningKey(value: Json, field: string, parent: string | null = null): string | null {
  const meaning = meaningOf(value, field, parent);
  if (typeof meaning === 'string') return JSON.stringify(meaning);
  return meaning === null ? null : canonicalJson(meaning);
}

function meaningOfText(text: string, field: string): string | null {
  if (text === '') return null;
  if (ID_FIELDS.has(field) || GUID.test(text)) return text.toLowerCase();
  if (!STARTS_LIKE_A_TIME.test(text)) return text;
  return instantOf(text) ?? timeOfDayOf(text) ?? text;
}

function meaningOfList(list: readonly Json[], field: string, parent: string | null): Json {
  const meanings = list.map((entry) => meaningOf(entry, field));
  const said = meanings.filter((entry) => entry !== null);
  if (said.length === 0) return null;
  return isOrderedList(field, parent) ? meanings : said;
}

function meaningOfObject(object: JsonObject, field: string): Json {
  const entries = Object.entries(object)
    .filter(([key]) => !key.startsWith(NOTE_PREFIX))
    .map(([key, value]): [string, Json] => [key, meaningOf(value, key, field)])
    .filter(([, value]) => value !== null);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** Null for what is no valid date and time. One without a zone is no instant, yet its fraction is normalised. */
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
  // A day or an hour that doesn't exist rolls over to another one.
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
