import { z } from 'zod';
import { bounded } from '../runs/run-events.js';
import { cleanText, hasMarkup } from '../sanitize/clean.js';
import { describeRemovals, sanitizeText } from '../sanitize/index.js';

/** A check of `refine`: the sanitizer would remove HTML tags without leaving a mark. */
export const WITHOUT_TAGS = [
  (text: string): boolean => !hasMarkup(text),
  'Write it without HTML tags such as <b>',
] as const;

/**
 * A name as a person types it: at least one character, at most `lengthMax`, and without HTML tags. It is kept as it was
 * typed, without invisible characters; a name that the sanitizer would change otherwise is refused with what it found.
 */
export const typedName = (lengthMax: number, whenEmpty: string) =>
  z
    .string()
    .trim()
    .min(1, whenEmpty)
    .max(lengthMax)
    .refine(...WITHOUT_TAGS)
    .superRefine((text, context) => {
      const [found] = removalsIn(text);
      if (found !== undefined)
        context.addIssue({ code: 'custom', message: `Names are kept for good: leave out ${found}` });
    })
    .transform(cleanText)
    .pipe(z.string().min(1, whenEmpty).max(lengthMax));

/** What the sanitizer would remove, in words; marks of removals that the text shows itself don't count. */
export function removalsIn(text: string): readonly string[] {
  const typed = new Map(describeRemovals(text).map(({ rule, count }) => [rule, count]));
  return describeRemovals(sanitizeText(text))
    .filter(({ rule, count }) => count > (typed.get(rule) ?? 0))
    .map(({ what }) => what);
}

/**
 * A reason as a person types it: at least one character, and without HTML tags. Secrets in it become marks, and a longer
 * text is cut.
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
