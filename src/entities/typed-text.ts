import { z } from 'zod';
import { bounded } from '../runs/run-events.js';
import { hasMarkup } from '../sanitize/clean.js';
import { sanitizeText } from '../sanitize/index.js';

/** A check of `refine`: the sanitizer would remove HTML tags without leaving a mark. */
export const WITHOUT_TAGS = [
  (text: string): boolean => !hasMarkup(text),
  'Write it without HTML tags such as <b>',
] as const;

/**
 * A name or a reason as a person types it: at least one character, and without HTML tags. Secrets in it become marks,
 * and a longer text is cut.
 */
export const typedText = (lengthMax: number, whenEmpty: string) =>
  z
    .string()
    .trim()
    .min(1, whenEmpty)
    .refine(...WITHOUT_TAGS)
    .transform((text) => bounded(sanitizeText(text), lengthMax))
    .pipe(z.string().min(1, whenEmpty));

/** A note as a person types it, which may be empty; otherwise like `typedText`. */
export const typedNote = (lengthMax: number) =>
  z
    .string()
    .refine(...WITHOUT_TAGS)
    .transform((text) => bounded(sanitizeText(text), lengthMax));
