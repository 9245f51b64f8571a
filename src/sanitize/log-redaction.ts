import type { LoggerOptions } from 'pino';
import { isPlainRecord } from './plain-record.js';
import { sanitizeText, sanitizeTextWith } from './text.js';
import { sanitizeValue } from './value.js';

const STACK_CHARACTERS_MAX = 8192;
const STACK_CAUSES_MAX = 5;

/** The options of pino that sanitize every line. */
export type LogRedaction = Required<Pick<LoggerOptions, 'hooks' | 'formatters' | 'serializers'>>;

/**
 * Options for pino that sanitize every line. Fields are converted while they are still live objects, so that errors
 * keep their causes and stacks wherever they are. Then the whole line is sanitized again, because messages, format
 * arguments, prefixes and fields bound to child loggers bypass the formatters. A line with only ids, dotted names,
 * counts, times and recently seen messages is recognised quickly and left unchanged.
 */
export function logRedaction(): LogRedaction {
  return {
    hooks: { streamWrite: cleanLine },
    formatters: { log: cleanFields },
    // Errors are already converted and sanitized here; pino's own serializer would convert them again.
    serializers: { err: errorRecord },
  };
}

function cleanLine(line: string): string {
  try {
    const record: unknown = JSON.parse(line);
    if (isRecord(record) && isPlainRecord(record)) return line;
    return `${JSON.stringify(sanitizeValue(record))}\n`;
  } catch {
    // pino writes only JSON, but any other line is still better sanitized than lost.
    return `${JSON.stringify({ msg: sanitizeText(line) })}\n`;
  }
}

/** The fields as sanitized plain JSON. An error on the first level gets its stack as well. */
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

/** Whether live fields contain only values that may be written unchanged. */
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

/** A field's text. Other values are ignored, because converting them to text could run their code. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Whether a value is an error. A revoked proxy throws even at this question. */
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
