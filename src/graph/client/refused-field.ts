import type { Json, JsonObject } from '../../ledger/canonical-json.js';

/** A name in quotation marks, or after the word property, parameter, field or member. */
const NAMED =
  /["'`‘“]([A-Za-z][\w.]*)["'`’”]|\b(?:propert(?:y|ies)|parameter|field|member)\s+([A-Za-z]\w*)/gi;
const WORD = /[A-Za-z][A-Za-z0-9]*/g;
/**
 * Names of fields that also occur as words in every refusal, so they count only where a refusal names them as a
 * field.
 */
const COMMON = new Set([
  'id',
  'name',
  'value',
  'values',
  'type',
  'key',
  'description',
  'settings',
  'version',
]);

/**
 * The field because of which Graph refused a write with 400. Graph says so only in its message, which can contain
 * anything, so the answer is always a name that the request's own body holds; null where the message names none.
 */
export function refusedField(
  status: number,
  answer: string | null,
  body: JsonObject | undefined,
): string | null {
  if (status !== 400 || answer === null || body === undefined) return null;
  const own = fieldNames(body, new Set());
  const message = messageIn(answer);
  for (const [, quoted, unquoted] of message.matchAll(NAMED)) {
    const name = (quoted ?? unquoted ?? '').split('.').find((part) => own.has(part));
    if (name !== undefined) return name;
  }
  return message.match(WORD)?.find((word) => own.has(word) && !COMMON.has(word)) ?? null;
}

/** The message of an error body; Intune's messages are JSON themselves, with the words under `Message`. */
function messageIn(answer: string): string {
  const message = memberOf(memberOf(parsed(answer), 'error'), 'message');
  const inner = typeof message === 'string' ? memberOf(parsed(message), 'Message') : null;
  return typeof inner === 'string' ? inner : typeof message === 'string' ? message : '';
}

function memberOf(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, name) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The names of all fields in a body, also within its objects and lists, without annotations. */
function fieldNames(value: Json, names: Set<string>): ReadonlySet<string> {
  if (Array.isArray(value)) for (const entry of value) fieldNames(entry, names);
  else if (value !== null && typeof value === 'object')
    for (const [name, inner] of Object.entries(value)) {
      if (!name.includes('@')) names.add(name);
      fieldNames(inner, names);
    }
  return names;
}
