import { ErrorCode, NatsError } from 'nats';
import { sanitizeText } from '../../sanitize/index.js';
import { errorText } from '../error-text.js';

/**
 * JetStream's code for "the store wouldn't take it". One code for many reasons (a full stream, a full disk), so
 * the words must be looked at too.
 */
const storeRefusedCode = 10077;

/** The stream holds a message on this subject already. */
export function isSubjectTaken(error: unknown): boolean {
  if (!(error instanceof NatsError) || error.api_error?.err_code !== storeRefusedCode) return false;
  return error.api_error.description.includes('maximum messages per subject exceeded');
}

/** The server runs, but the stream's files were removed under it; it won't make them again by itself. */
export function isStoreGone(error: unknown): boolean {
  if (!(error instanceof NatsError) || error.api_error?.err_code !== storeRefusedCode) return false;
  return error.api_error.description.includes('no such file or directory');
}

/** JetStream answered, and the answer is no; trying the same again gets the same. */
export function isRefusal(error: unknown): boolean {
  return error instanceof NatsError && error.api_error !== undefined;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.code === 404;
}

/** Nobody listens on the subject: the stream or consumer is gone, or JetStream isn't up yet. */
export function isNoResponders(error: unknown): boolean {
  return !isRefusal(error) && error instanceof NatsError && error.code === ErrorCode.NoResponders;
}

/** What went wrong, in words: JetStream's own where it answered, since the client's message is a bare number. */
export function natsErrorText(error: unknown): string {
  const description = error instanceof NatsError ? error.api_error?.description : undefined;
  return description === undefined ? errorText(error) : sanitizeText(description);
}
