import { z } from 'zod';
import { ITEM_OUTCOMES, reasonCodeSchema, relatedSchema } from '../runs/run-events.js';

/**
 * What a producer may report about a run that it holds. The API uses these schemas for its requests and its
 * documentation.
 */

/** Longer texts are refused; the others are sanitized and then cut to the length that an event keeps. */
const GIVEN_TEXT_LENGTH_MAX = 4_000;
const REPORTED_ITEMS_MAX = 1_000;
const RELATED_MAX = 50;

const text = z.string().max(GIVEN_TEXT_LENGTH_MAX);

const reportedItemSchema = z.strictObject({
  itemId: z
    .string()
    .min(1)
    .max(300)
    .describe('Unique in the run and the same whenever the item is reported again.'),
  label: text.optional().describe('For people; the item’s id when left out.'),
  outcome: z.enum(ITEM_OUTCOMES),
  subject: z
    .strictObject({ type: z.string().max(100), id: z.string().max(200) })
    .nullish()
    .describe('What the item is about, as its own system names it.'),
  reasonCode: reasonCodeSchema
    .nullish()
    .describe(
      'Required unless it succeeded: a registered failure code for a failed item, a skip code for a skipped one.',
    ),
  reason: text.nullish().describe('In words; the meaning of its reason code when left out.'),
});
export type ReportedItem = z.output<typeof reportedItemSchema>;

export const reportedItemsSchema = z.array(reportedItemSchema).min(1).max(REPORTED_ITEMS_MAX);
export const reportedTotalSchema = z.int().min(0);
export const reportedNoteSchema = text.min(1);
export const reportedWaitSchema = z.strictObject({
  reasonCode: reasonCodeSchema.describe('A registered failure code: why it waits.'),
  until: z.iso.datetime({ offset: true }).describe('The earliest time at which it goes on.'),
  reason: text.nullish(),
});
export const reportedCompletionSchema = z.strictObject({
  summary: text.min(1).describe('The outcome in words: “68 certificates renewed”.'),
  related: z.array(relatedSchema).max(RELATED_MAX).default([]),
});
export const reportedFailureSchema = z.strictObject({
  reasonCode: reasonCodeSchema.describe('A registered failure code.'),
  reason: text.nullish(),
});
export const producerNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'is not a producer’s name: letters, digits, dots, - and _')
  .describe(
    'Unique among the running processes of a client; the same after a restart takes its runs up again.',
  );

export type ProducerReport =
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'items'; readonly items: readonly ReportedItem[] }
  | { readonly kind: 'total'; readonly total: number }
  | { readonly kind: 'note'; readonly note: string }
  | ({ readonly kind: 'wait' } & z.output<typeof reportedWaitSchema>)
  | ({ readonly kind: 'complete' } & z.output<typeof reportedCompletionSchema>)
  | ({ readonly kind: 'fail' } & z.output<typeof reportedFailureSchema>);
