import type { LoggerOptions } from 'pino';
import { isPlainRecord } from './plain-record.js';
import { sanitizeText, sanitizeTextWith } from './text.js';
import { sanitizeValue } from './value.js';

const STACK_CHARACTERS_MAX = 8192;
const STACK_CAUSES_MAX = 5;

/** What pino needs to be given so that no line is written unsanitized. */
export type LogRedaction = Required<Pick<LoggerOptions, 'hooks' | 'formatters' | 'serializers'>>;

/**
 * Options for pino that sanitize every line. Fields are made plain while they're still live objects, so that
 * errors keep their causes and stacks wherever they stand; then the finished line is sanitized once more as a
 * whole, because messages, format arguments, prefixes and what is bound to child loggers reach it by ways that
 * no formatter sees. Lines of nothing but ids, names with dots, counts, times and messages seen before pass at a glance.
 */
export function logRedaction(): LogRedaction {
  return {
    hooks: { streamWrite: cleanLine },
    formatters: { log: cleanFields },
    // Errors are plain and clean by then; pino's own serializer would read them as errors once more.
    serializers: { err: errorRecord },
  };
}

function cleanLine(line: string): string {
  try {
    const record: unknown = JSON.parse(line);
    if (isRecord(record) && isPlainRecord(record)) return line;
    return `${JSON.stringify(sanitizeValue(record))}\n`;
  } catch {
    // pino writes JSON only; a line that isn't is still worth more than none.
    return `${JSON.stringify({ msg: sanitizeText(line) })}\n`;
  }
}

/** The fields as sanitized plain JSON; an error on the first level gets its stack as well. */
function cleanFields(fields: object): Record<string, unknown> {
  if (isPlainObject(fields)) return fields;
  const safe = sanitizeValue(fields);
  if (typeof safe !== 'object' || safe === null) return { value: safe };
  const result: Record<string, unknown> = { ...safe };
  for (const key of Object.keys(result)) {
    const value = readField(fields, key);
    if (isError(value)) result[key] = errorRecord(value);
  }
  return result;
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether live fields hold nothing but what may be written as it is. */
function isPlainObject(fields: object): fields is Record<string, unknown> {
  try {
    return Object.getPrototypeOf(fields) === Object.prototype && isPlainRecord(fields);
  } catch {
    return false;
  }
}

/** An error as a sanitized record with its type and the stacks of itself and its causes. */
function errorRecord(error: unknown): unknown {
  if (!isError(error)) return error;
  const record = sanitizeValue(error);
  const plain = typeof record === 'object' && record !== null ? record : { message: record };
  return { type: sanitizeText(textOf(readField(error, 'name'))), ...plain, stack: stackOf(error) };
}

function stackOf(error: Error): string {
  const stacks: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < STACK_CAUSES_MAX && isError(current); depth++) {
    stacks.push(textOf(readField(current, 'stack')));
    current = readField(current, 'cause');
  }
  return sanitizeTextWith(stacks.join('\ncaused by: '), { charactersMax: STACK_CHARACTERS_MAX });
}

/** A field's text; what is no text could run code of its own when asked for one. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A revoked proxy throws even when asked what it is. */
function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function readField(holder: object, key: string): unknown {
  try {
    return Reflect.get(holder, key);
  } catch {
    return undefined;
  }
}
