import { sanitizeText, sanitizeValue } from '../sanitize/index.js';

/** What went wrong, in words that may stand in a log line or on a status page. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return sanitizeText(error.message === '' ? error.name : error.message);
  return sanitizeText(JSON.stringify(sanitizeValue(error)) ?? 'unknown error');
}
