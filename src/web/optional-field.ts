import { z } from 'zod';

/** A field of an address or a form that may be left out. Forms send fields that nobody filled as empty texts. */
export const optionalField = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** A field that comes once for each of its values, such as ticked boxes; an empty list when it is left out. */
export const listField = <Schema extends z.ZodType>(entry: Schema, max: number) =>
  z.preprocess(
    (value) => (value === undefined || value === '' ? [] : [value].flat()),
    z.array(entry).max(max),
  );
