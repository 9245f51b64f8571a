import { z } from 'zod';
import { WITHOUT_TAGS } from '../../entities/typed-text.js';

/** A text that a form needs, without blanks around it and without HTML tags. */
export const neededText = (lengthMax: number, whenEmpty: string) =>
  z
    .string()
    .trim()
    .min(1, whenEmpty)
    .max(lengthMax)
    .refine(...WITHOUT_TAGS);

/** The same for a text that may be left out, which is then empty. */
export const optionalText = (lengthMax: number) =>
  z
    .string()
    .trim()
    .max(lengthMax)
    .refine(...WITHOUT_TAGS)
    .default('');
