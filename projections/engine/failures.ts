import { DatabaseUnavailableError } from '../../src/db/database-trouble.js';
import { LogUnavailableError, type RawEvent } from '../../src/ledger/event-log.js';
import { sanitizeMessage } from '../../src/sanitize/index.js';
import { FencedError } from './checkpoint.js';

/** An event that this program can't apply. The projection waits at it, because skipping it would lose it. */
export class PoisonEventError extends Error {
  override readonly name = 'PoisonEventError';
  constructor(
    readonly event: RawEvent,
    cause: unknown,
  ) {
    super(sanitizeMessage(cause), { cause });
  }
}

/** The rows don't belong to this log or to this program. The projection stops until a person has looked. */
export class ForeignRowsError extends Error {
  override readonly name = 'ForeignRowsError';
}

/** SQLSTATE of an undefined table or schema: the read models were dropped. */
const SCHEMA_GONE = new Set(['42P01', '3F000']);
/** Classes of SQLSTATE for failures that may go away: connection, deadlock, resources, locks, shutdown, I/O. */
const TRANSIENT_CLASSES = new Set(['08', '25', '40', '53', '55', '57', '58']);
const TRANSIENT_MESSAGE = /connection|terminated|timeout|not queryable|driver has already been destroyed/i;

export type FailureKind =
  /** A retry fails in the same way, because the cause is an event's content or a fault in this program. */
  | 'deterministic'
  /** A retry may succeed: connection, restart, full disk, deadlock. */
  | 'transient'
  /** Another projector has written. */
  | 'fenced'
  /** The schema doesn't exist. */
  | 'schema-gone';

/** Classifies the error that ended a batch. An unknown error counts as deterministic, which is retried as well. */
export function kindOfFailure(error: unknown): FailureKind {
  if (error instanceof FencedError) return 'fenced';
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError)
    return 'deterministic';
  if (error instanceof LogUnavailableError || error instanceof DatabaseUnavailableError) return 'transient';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (SCHEMA_GONE.has(code)) return 'schema-gone';
  if (/^[0-9A-Z]{5}$/.test(code) && /\d/.test(code))
    return TRANSIENT_CLASSES.has(code.slice(0, 2)) ? 'transient' : 'deterministic';
  if (/^E[A-Z_]+$/.test(code)) return 'transient';
  return TRANSIENT_MESSAGE.test(error.message) ? 'transient' : 'deterministic';
}
