import { z } from 'zod';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { Counts } from '../runs/run-events.js';
import { ITEM_OUTCOMES, reasonCodeSchema, relatedSchema } from '../runs/run-events.js';
import type { ProducerRefusalCode } from './producer-refusals.js';

/** What producers outside may do with a run of their type, and what they are answered. */

/** Longer texts are refused; shorter ones are sanitized and then cut to what an event keeps. */
const GIVEN_TEXT_LENGTH_MAX = 4_000;
export const REPORTED_ITEMS_MAX = 1_000;
const RELATED_MAX = 50;

const text = z.string().max(GIVEN_TEXT_LENGTH_MAX);

export const reportedItemSchema = z.strictObject({
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

/** Who speaks of which run. */
export interface ProducerRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly clientId: string;
  /** Id of the request, kept with the events it causes. */
  readonly requestId: string;
}

export interface ProducerRefusal {
  readonly kind: 'refused';
  readonly code: ProducerRefusalCode;
  /** In words for whoever writes the producer. */
  readonly message: string;
}

/** A run in a producer's hands. `attempt` goes into each of its reports: it is what fences it. */
export interface ClaimedByProducer {
  readonly kind: 'claimed';
  readonly runId: string;
  readonly type: string;
  readonly version: number;
  readonly attempt: number;
  readonly scope: JsonObject;
  readonly input: JsonObject;
  readonly counts: Counts;
  /** Silence after which the run is aborted, milliseconds. */
  readonly silenceMs: number;
  /** Whether this producer had it already. */
  readonly repeated: boolean;
  /** Log position of the claim, or null when nothing new was written. */
  readonly position: number | null;
}

export interface Noted {
  readonly kind: 'noted';
  readonly runId: string;
  readonly attempt: number;
  readonly counts: Counts;
  /** Log position of the newest event that this report wrote, or null when there was nothing new in it. */
  readonly position: number | null;
}

export interface ProducersPort {
  /** Takes a pending run; again by the same producer answers the same claim. */
  claim(request: ProducerRequest, producer: string): Promise<ClaimedByProducer | ProducerRefusal>;
  /** Takes a report of the claim's holder. What is known already is not written twice. */
  report(request: ProducerRequest, attempt: number, report: ProducerReport): Promise<Noted | ProducerRefusal>;
}
