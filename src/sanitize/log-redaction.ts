import { format } from 'node:util';
import type { LoggerOptions } from 'pino';
import { OUTPUT_CHARACTERS_MAX, sanitizeTextWith } from './text.js';
import { sanitizeValue } from './value.js';

const STACK_CHARACTERS_MAX = 8192;
const STACK_CAUSES_MAX = 5;

/** What pino needs to be given so that no line is written unsanitized. */
export type LogRedaction = Required<Pick<LoggerOptions, 'hooks' | 'formatters' | 'serializers'>>;

/**
 * Options for pino that sanitize every line: the message with its format arguments, the fields of the line,
 * those bound to child loggers, and errors with their causes and stacks, wherever they stand. Short plain
 * fields (ids, names with dots, counts, times) pass at a glance. A child's `msgPrefix` is code and isn't
 * looked at.
 */
export function logRedaction(): LogRedaction {
  return {
    hooks: {
      logMethod(args: unknown[], method) {
        const [fields, message] = readCall(args);
        // The types know fewer call forms than pino does; this one takes any fields and one ready message.
        if (fields === undefined) method.call(this, message ?? '');
        else if (message === undefined) method.call(this, fields);
        else method.call(this, fields, message);
      },
    },
    formatters: { log: cleanFields, bindings: cleanFields },
    // Errors are plain and clean by then; pino's own serializer would read them as errors once more.
    serializers: { err: (error: unknown) => error },
  };
}

/** Splits a logger call into its fields and its sanitized message. */
function readCall(args: readonly unknown[]): [fields: object | undefined, message: string | undefined] {
  const [first, ...rest] = args;
  if (first instanceof Error)
    return [{ err: first }, rest.length > 0 ? messageOf(rest) : (messageOfError(first) ?? '')];
  if (typeof first === 'object' && first !== null) {
    if (rest.length > 0) return [first, messageOf(rest)];
    // pino takes the message of whatever stands under `err`, as it is, if there is none of the line's own.
    const error = readField(first, 'err');
    return [first, typeof error === 'object' && error !== null ? messageOfError(error) : undefined];
  }
  return [undefined, messageOf(args)];
}

function messageOfError(error: object): string | undefined {
  const message = readField(error, 'message');
  return message === undefined ? undefined : clean(String(message));
}

/** The message with its arguments filled in; objects among them are sanitized before they become text. */
function messageOf(parts: readonly unknown[]): string {
  const safe = parts.map((part) => (typeof part === 'object' && part !== null ? sanitizeValue(part) : part));
  return clean(format(...safe));
}

function clean(text: string): string {
  return sanitizeTextWith(text, { charactersMax: OUTPUT_CHARACTERS_MAX });
}

function cleanFields(fields: object): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(withStacks(fields))) {
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/** The fields as sanitized plain JSON, with a sanitized stack beside each error on the first level. */
function withStacks(fields: object): object {
  const safe = sanitizeValue(fields);
  if (typeof safe !== 'object' || safe === null) return { value: safe };
  const stacks: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    const value = readField(fields, key);
    const record: unknown = Reflect.get(safe, key);
    if (!(value instanceof Error) || typeof record !== 'object' || record === null) continue;
    stacks[key] = { type: value.name, ...record, stack: stackOf(value) };
  }
  return { ...safe, ...stacks };
}

function readField(fields: object, key: string): unknown {
  try {
    return Reflect.get(fields, key);
  } catch {
    return undefined;
  }
}

/** The stacks of an error and its causes, sanitized as one text. */
function stackOf(error: Error): string {
  const stacks: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < STACK_CAUSES_MAX && current instanceof Error; depth++) {
    stacks.push(String(readField(current, 'stack') ?? ''));
    current = readField(current, 'cause');
  }
  return sanitizeTextWith(stacks.join('\ncaused by: '), { charactersMax: STACK_CHARACTERS_MAX });
}
