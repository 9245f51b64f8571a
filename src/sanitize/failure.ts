import { readEntries } from './live-objects.js';
import { cutText, sanitizeText, sanitizeTextWith } from './text.js';
import { secretsIn } from './value.js';

/** The details of a failure that are kept unchanged: short values of a known form that help a person. */
export interface FailureDetails {
  /** HTTP status, 100 to 599. */
  readonly status?: number;
  /** OData error code, system error code or SQLSTATE. */
  readonly code?: string;
  /** The request id that the answering service gave. */
  readonly requestId?: string;
  readonly policyId?: string;
  readonly policyName?: string;
}

export interface SanitizedFailure {
  /** One short sanitized sentence. The messages of causes follow after a colon. */
  readonly reason: string;
  readonly details: FailureDetails;
}

export interface SanitizeFailureOptions {
  /** Known from the caller's own data, not from the error. */
  readonly policyId?: string;
  readonly policyName?: string;
  /** In UTF-16 units; 300 by default. */
  readonly reasonCharactersMax?: number;
}

export const REASON_CHARACTERS_MAX = 300;
const POLICY_NAME_CHARACTERS_MAX = 256;
const CAUSES_MAX = 4;
const LOOKUP_DEPTH_MAX = 4;
const FIELDS_MAX = 64;

const CODE = /^[A-Za-z][\w.-]{1,79}$|^[0-9A-Z]{5}$|^-?\d{1,10}$/;
const IDENTIFIER = /^[\w-]{8,64}$/;

/** Fields in which services put a status, a code and a request id, and the objects around these fields. */
const STATUS_KEYS = ['status', 'statusCode', 'httpStatus'];
const CODE_KEYS = ['code', 'errorCode', 'error'];
const REQUEST_ID_KEYS = [
  'requestId',
  'request-id',
  'client-request-id',
  'x-ms-request-id',
  'correlationId',
  'trace_id',
];
const POLICY_ID_KEYS = ['policyId'];
const POLICY_NAME_KEYS = ['policyName'];
const WRAPPER_KEYS = ['error', 'innerError', 'innererror', 'body', 'response', 'headers', 'data', 'cause'];

/**
 * Turns any thrown value into a short sanitized reason and the details that are safe to keep. Details are selected by
 * name and checked by form; everything else in the error is left out. Never throws.
 */
export function sanitizeFailure(error: unknown, options: SanitizeFailureOptions = {}): SanitizedFailure {
  const status = pick(error, STATUS_KEYS, asStatus);
  const code = pick(error, CODE_KEYS, asCode);
  const requestId = pick(error, REQUEST_ID_KEYS, asIdentifier);
  const policyId = asIdentifier(options.policyId) ?? pick(error, POLICY_ID_KEYS, asIdentifier);
  const policyName = asName(options.policyName) ?? pick(error, POLICY_NAME_KEYS, asName);
  return {
    reason: reasonOf(error, options.reasonCharactersMax ?? REASON_CHARACTERS_MAX),
    details: {
      ...(status !== undefined && { status }),
      ...(code !== undefined && { code }),
      ...(requestId !== undefined && { requestId }),
      ...(policyId !== undefined && { policyId }),
      ...(policyName !== undefined && { policyName }),
    },
  };
}

/**
 * The message of whatever was thrown, without its causes, as one short sanitized line for a status that is stored or
 * shown. Never throws.
 */
export function sanitizeMessage(error: unknown): string {
  return shortReason([messageOf(error)], error, REASON_CHARACTERS_MAX);
}

function reasonOf(error: unknown, charactersMax: number): string {
  const messages: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth <= CAUSES_MAX && current !== undefined && current !== null; depth++) {
    const message = messageOf(current);
    if (message !== '' && !messages.some((known) => known.includes(message))) messages.push(message);
    current = causeOf(current);
  }
  return shortReason(messages, error, charactersMax);
}

function shortReason(messages: readonly string[], error: unknown, charactersMax: number): string {
  // Sanitized before it is cut, because half a secret might match no rule.
  const whole = sanitizeTextWith(messages.join(': '), { known: secretsIn(error) })
    .replace(/\s+/g, ' ')
    .trim();
  return sanitizeTextWith(cutText(whole, charactersMax), { charactersMax }) || 'no message';
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return typeof error === 'function' ? '' : String(error);
  const message = field(error, 'message') ?? field(field(error, 'error'), 'message');
  return typeof message === 'string' ? message : '';
}

/** An error's cause, or the first of an aggregate's errors. */
function causeOf(error: unknown): unknown {
  const errors = field(error, 'errors');
  return field(error, 'cause') ?? (Array.isArray(errors) ? errors[0] : undefined);
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const content = readEntries(value, FIELDS_MAX);
  if (content.kind !== 'record') return undefined;
  return content.entries.find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

/** Finds the first of `keys` with a valid value, in the error itself and in the objects inside it. */
function pick<T>(
  error: unknown,
  keys: readonly string[],
  fit: (value: unknown) => T | undefined,
): T | undefined {
  let level: unknown[] = [error];
  for (let depth = 0; depth < LOOKUP_DEPTH_MAX; depth++) {
    for (const holder of level) {
      for (const key of keys) {
        const value = fit(field(holder, key));
        if (value !== undefined) return value;
      }
    }
    level = level.flatMap((holder) => WRAPPER_KEYS.map((key) => field(holder, key))).filter(isObject);
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function asStatus(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599
    ? value
    : undefined;
}

function asCode(value: unknown): string | undefined {
  const code = typeof value === 'number' ? String(value) : value;
  return typeof code === 'string' && CODE.test(code) && sanitizeText(code) === code ? code : undefined;
}

function asIdentifier(value: unknown): string | undefined {
  if (typeof value !== 'string' || !IDENTIFIER.test(value)) return undefined;
  return sanitizeText(value) === value ? value : undefined;
}

function asName(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return sanitizeTextWith(value, { charactersMax: POLICY_NAME_CHARACTERS_MAX });
}
