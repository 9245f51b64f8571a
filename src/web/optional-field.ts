import { z } from 'zod';

/** A field of an address or a form that may be left out. Forms send fields that nobody filled as empty texts. */
export const optionalField = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
