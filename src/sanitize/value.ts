import { sanitizeText } from './text.js';

/** Returns plain JSON without secrets. */
export function sanitizeValue(value: unknown): unknown {
  if (typeof value === 'string') return sanitizeText(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Error) return { name: value.name, message: sanitizeText(value.message) };
  try {
    return JSON.parse(sanitizeText(JSON.stringify(value) ?? 'null'));
  } catch {
    return '[unreadable]';
  }
}
