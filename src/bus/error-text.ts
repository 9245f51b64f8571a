import { sanitizeText, sanitizeValue } from '../sanitize/index.js';

/** An error's text, safe for a log line or a status page. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return sanitizeText(error.message === '' ? error.name : error.message);
  return sanitizeText(JSON.stringify(sanitizeValue(error)) ?? 'unknown error');
}
