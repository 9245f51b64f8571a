import { ErrorCode, NatsError } from 'nats';
import { sanitizeText } from '../../sanitize/index.js';
import { errorText } from '../error-text.js';

/**
 * JetStream's code for a message that the store didn't accept. It has many causes (a full stream, a full disk), so
 * the error text must be checked too.
 */
const STORE_REFUSED_CODE = 10077;

/**
 * JetStream's codes for a cluster that elects a leader, or of which too few servers are there: no servers for the
 * copies of the stream, the system is temporarily unavailable, this server isn't the leader, and the stream or the
 * consumer is offline.
 */
const UNREADY_CODES: ReadonlySet<number> = new Set([10005, 10008, 10009, 10118, 10119]);

/** The stream already holds a message on this subject. */
export function isSubjectTaken(error: unknown): boolean {
  if (!(error instanceof NatsError) || error.api_error?.err_code !== STORE_REFUSED_CODE) return false;
  return error.api_error.description.includes('maximum messages per subject exceeded');
}

/** The server runs, but the stream's files were deleted; the server doesn't create them again by itself. */
export function isStoreGone(error: unknown): boolean {
  if (!(error instanceof NatsError) || error.api_error?.err_code !== STORE_REFUSED_CODE) return false;
  return error.api_error.description.includes('no such file or directory');
}

/** JetStream can't answer just now, as while its cluster elects a leader; the same request may succeed soon. */
export function isUnready(error: unknown): boolean {
  return error instanceof NatsError && UNREADY_CODES.has(error.api_error?.err_code ?? 0);
}

/** JetStream answered with an error; the same request would fail again. */
export function isRefusal(error: unknown): boolean {
  return error instanceof NatsError && error.api_error !== undefined && !isUnready(error);
}

/** JetStream has no such stream or consumer. */
export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.code === 404;
}

/** No server process listens on the subject: the stream or the consumer is gone, or JetStream hasn't started yet. */
export function isNoResponders(error: unknown): boolean {
  return error instanceof NatsError && error.api_error === undefined && error.code === ErrorCode.NoResponders;
}

/** An error's text: JetStream's own text if it answered, because the client's message is only a number. */
export function natsErrorText(error: unknown): string {
  const description = error instanceof NatsError ? error.api_error?.description : undefined;
  return description === undefined ? errorText(error) : sanitizeText(description);
}
