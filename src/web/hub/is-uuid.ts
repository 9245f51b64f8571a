import { z } from 'zod';

const schema = z.guid();

/** Whether a text from an address can be compared with a column of UUIDs; PostgreSQL refuses other texts. */
export const isUuid = (text: string): boolean => schema.safeParse(text).success;
