import { z } from 'zod';
import { defineEntity } from '../ledger/define-entity.js';
import { type DraftOf, defineEvent } from '../ledger/event-registry.js';
import {
  effectInWords,
  outcomesInWords,
  repeatedInWords,
  totalInWords,
  waitInWords,
} from './run-event-words.js';

/**
 * The events of an operation's stream. A run begins with RunQueued and ends with RunCompleted, RunFailed or
 * RunAborted. Between these, only its worker, the dispatcher and the watchdog append (see `decider.ts`).
 */

/** Longest sanitized reason kept with an item or a run, in characters. */
export const REASON_LENGTH_MAX = 500;
/** Longest label, note or worker name, in characters. */
export const LABEL_LENGTH_MAX = 500;

/** Cuts a text to at most `max` UTF-16 units, never inside a character, and marks the cut with an ellipsis. */
export function bounded(text: string, max: number): string {
  return text.length <= max ? text.toWellFormed() : `${text.slice(0, max - 1).toWellFormed()}…`;
}

export const runIdSchema = z.string().regex(/^[0-9a-f]{32}-(0|[1-9][0-9]*)$/, 'is not a run id');
export const typeNameSchema = z
  .string()
  .max(80)
  .regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/, 'is not an operation type such as drift.generate');
export const reasonCodeSchema = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/);
const reason = z.string().max(REASON_LENGTH_MAX);
const label = z.string().max(LABEL_LENGTH_MAX);
const count = z.int().min(0);
const jsonObject = z.record(z.string(), z.json());

/** The name that a schedule or a client had when it asked, so that it can be shown after that one was deleted. */
const nameThen = z.string().min(1).max(200).optional();

/**
 * Who started a run (R2). A member's name is not in the log, so that a person can be forgotten. Only members get
 * notifications.
 */
export const initiatorSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('member'), personId: z.guid() }),
  z.strictObject({ kind: z.literal('schedule'), scheduleId: z.string().min(1).max(100), name: nameThen }),
  z.strictObject({ kind: z.literal('api'), clientId: z.string().min(1).max(100), name: nameThen }),
]);
export type Initiator = z.infer<typeof initiatorSchema>;

export const countsSchema = z.strictObject({
  /** Null while it isn't known. */
  total: count.nullable(),
  processed: count,
  succeeded: count,
  failed: count,
  skipped: count,
});
export type Counts = z.infer<typeof countsSchema>;

export const ITEM_OUTCOMES = ['succeeded', 'failed', 'skipped'] as const;

export const itemOutcomeSchema = z.strictObject({
  /** Unique in the run and deterministic (R7). */
  itemId: z.string().min(1).max(300),
  label,
  outcome: z.enum(ITEM_OUTCOMES),
  /** What the item is about, by the id that the outside uses; Graph's ids are not unique. */
  subject: z.strictObject({ type: z.string().max(100), id: z.string().max(200) }).nullable(),
  reasonCode: reasonCodeSchema.nullable(),
  reason: reason.nullable(),
});
/** An item's outcome, with a reason code of type `Code`. */
export type ItemOutcome<Code extends string = string> = Omit<
  z.infer<typeof itemOutcomeSchema>,
  'reasonCode'
> & {
  reasonCode: Code | null;
};

/** Something that a run produced or used, shown as a Related link on both sides (H4). */
export const relatedSchema = z.strictObject({
  /** How the run relates to it: `produced`, `compared`, `baseline`, `read`, … */
  relation: z.string().max(60),
  /** The kind of thing that is linked to, named by the operation type; a page shows an unknown kind as text. */
  kind: z
    .string()
    .max(60)
    .regex(/^[a-z][a-z0-9_]*$/),
  id: z.string().max(300),
  label,
});
/** A link to a thing of one of the kinds in `Kind`. */
export type Related<Kind extends string = string> = Omit<z.infer<typeof relatedSchema>, 'kind'> & {
  kind: Kind;
};

export const RunQueued = defineEvent({
  type: 'RunQueued',
  category: 'operation',
  meaning: 'Somebody started an operation; a run opens.',
  words: ({ title, type }) => `${title}, ${type}`,
  // Version 2 added the input, the names of initiators and open kinds of links.
  version: 2,
  upcasters: { 1: (data) => ({ ...(data as object), input: null }) },
  data: z.strictObject({
    type: typeNameSchema,
    /** Version of the type's context schema; a worker that doesn't know it leaves the run to others. */
    definitionVersion: z.int().min(1),
    /** The input of the start, so that the run can be started again; null for runs from before inputs were kept. */
    input: z.json(),
    /** The part of the input that is hashed into the operation's key. */
    scope: jsonObject,
    /** What else the handler needs. */
    context: jsonObject,
    initiator: initiatorSchema,
    total: count.nullable(),
    /** The run that led to this one, and how (`started_again`, `needed_by`, …). */
    causedBy: z.strictObject({ runId: runIdSchema, relation: z.string().max(60) }).nullable(),
    /** What the run relies on, as far as the start knows it. */
    related: z.array(relatedSchema).max(50),
    /** For people: "Inventory of Windows policies". */
    title: label,
  }),
});

export const RunStarted = defineEvent({
  type: 'RunStarted',
  category: 'operation',
  meaning: 'A worker took the run; the attempt fences off every earlier one.',
  words: ({ attempt }) => `attempt ${attempt}`,
  data: z.strictObject({ attempt: z.int().min(1), worker: label }),
});

/** A worker that stops hands the run back; this doesn't count as an attempt. */
export const RunReleased = defineEvent({
  type: 'RunReleased',
  category: 'operation',
  meaning: 'A worker that stops handed the run back; the attempt does not count.',
  words: ({ reason: why }) => `handed back: ${why}`,
  importance: 'minor',
  data: z.strictObject({ attempt: z.int().min(1), reason }),
});

export const RunTotalSet = defineEvent({
  type: 'RunTotalSet',
  category: 'operation',
  meaning: 'It is known how many items there are.',
  words: totalInWords,
  importance: 'minor',
  data: z.strictObject({ total: count }),
});

export const RunItemsRecorded = defineEvent({
  type: 'RunItemsRecorded',
  category: 'operation',
  meaning: 'Items have their outcome, each once.',
  words: ({ items }) => outcomesInWords(items),
  data: z.strictObject({ items: z.array(itemOutcomeSchema).min(1).max(1000) }),
});

const ordinal = z.int().min(1);

/**
 * Items that succeeded as in earlier runs. The event refers to the outcomes that those runs recorded and doesn't repeat
 * them. For example, an inventory or a backup set refers to an earlier one with the same content, and a comparison
 * refers to the current inventory for each policy that is equal.
 */
export const RunItemsRepeated = defineEvent({
  type: 'RunItemsRepeated',
  category: 'operation',
  meaning: 'Items succeeded as in the earlier runs that recorded them.',
  words: ({ from }) => repeatedInWords(from),
  data: z.strictObject({
    /** Ranges of ordinals, by the run that recorded the items. */
    from: z
      .array(z.strictObject({ runId: runIdSchema, ordinals: z.array(z.tuple([ordinal, ordinal])).min(1) }))
      .min(1)
      .max(1000),
    /** The number of items for each type of subject. */
    subjects: z.array(z.strictObject({ type: z.string().max(100), items: ordinal })).max(1000),
  }),
});

/** The run waits for something outside, until the given time at the earliest. */
export const RunWaiting = defineEvent({
  type: 'RunWaiting',
  category: 'operation',
  meaning: 'The run waits for something outside, and until when at the earliest.',
  words: waitInWords,
  importance: 'minor',
  data: z.strictObject({ reasonCode: reasonCodeSchema, until: z.iso.datetime({ precision: 3 }), reason }),
});

export const RunProgressNoted = defineEvent({
  type: 'RunProgressNoted',
  category: 'operation',
  meaning: 'What the worker does right now, in words.',
  words: ({ note }) => note,
  importance: 'minor',
  data: z.strictObject({ note: label }),
});

const effect = {
  itemId: z.string().min(1).max(300),
  /** What is done to the item: `create`, `assign`. */
  action: z.string().min(1).max(60),
  /** 1 for the first request; each repetition has its own intent. */
  tryNumber: z.int().min(1),
  /** Sent with the request, so that it appears in the target's own log. */
  clientRequestId: z.guid(),
};

/** A change outside is about to be requested. Its outcome is recorded or looked up before the next intent. */
export const EffectIntended = defineEvent({
  type: 'EffectIntended',
  category: 'operation',
  meaning: 'A change outside is about to be requested.',
  words: ({ action, itemId }) => `about to ${action} ${itemId}`,
  data: z.strictObject({ ...effect, details: jsonObject }),
});

const EFFECT_OUTCOMES = ['applied', 'refused', 'not_applied', 'ambiguous'] as const;

/** The outcome of a requested change, from the target's answer or from a look-up. */
export const EffectSettled = defineEvent({
  type: 'EffectSettled',
  category: 'operation',
  meaning: 'The outcome of a requested change, from its answer or from a look-up at the target.',
  words: effectInWords,
  data: z.strictObject({
    ...effect,
    /** `ambiguous` means that nobody can tell, so nothing is repeated. */
    outcome: z.enum(EFFECT_OUTCOMES),
    /** Whether the outcome comes from a look-up because no answer arrived. */
    lookedUp: z.boolean(),
    /** The part of the target's answer that the run needs. */
    result: jsonObject.nullable(),
    reasonCode: reasonCodeSchema.nullable(),
    reason: reason.nullable(),
  }),
});

export const RunCompleted = defineEvent({
  type: 'RunCompleted',
  category: 'operation',
  meaning: 'The handler came to its end; the run closes with counts, links and a summary.',
  words: ({ summary }) => summary,
  // Version 2 made the kinds of links open.
  version: 2,
  upcasters: { 1: (data) => data },
  data: z.strictObject({
    counts: countsSchema,
    related: z.array(relatedSchema).max(50),
    /** The result in words: "16 findings". */
    summary: label,
  }),
});

export const RunFailed = defineEvent({
  type: 'RunFailed',
  category: 'operation',
  meaning: 'The run as a whole failed and closes.',
  words: ({ reason: why }) => why,
  data: z.strictObject({ reasonCode: reasonCodeSchema, reason, counts: countsSchema }),
});

export const RunAborted = defineEvent({
  type: 'RunAborted',
  category: 'operation',
  meaning: 'The run lost its worker more often than it may, and closes.',
  words: ({ reason: why }) => why,
  data: z.strictObject({ reasonCode: reasonCodeSchema, reason, counts: countsSchema }),
});

/** Somebody asked for a run that was already active (R5). The event has a stream of its own. */
export const RunAsked = defineEvent({
  type: 'RunAsked',
  category: 'ask',
  meaning: 'Somebody asked for a run that was active already.',
  words: ({ type }) => type,
  // Version 2 added the names of initiators.
  version: 2,
  upcasters: { 1: (data) => data },
  data: z.strictObject({ runId: runIdSchema, type: typeNameSchema, initiator: initiatorSchema }),
});

export const LIFECYCLE_EVENTS = [
  RunQueued,
  RunStarted,
  RunReleased,
  RunTotalSet,
  RunItemsRecorded,
  RunItemsRepeated,
  RunWaiting,
  RunProgressNoted,
  EffectIntended,
  EffectSettled,
  RunCompleted,
  RunFailed,
  RunAborted,
] as const;

/** An event of a run's lifecycle, to be appended. */
export type RunDraft = DraftOf<(typeof LIFECYCLE_EVENTS)[number]>;

/**
 * An operation; its stream holds its runs one after the other. Operation types add the events that their runs
 * record.
 */
export const operationEntity = defineEntity({
  category: 'operation',
  streams: '<tenant>.<key>',
  events: LIFECYCLE_EVENTS,
});

/** One actor's request for a run that was already active. */
export const askEntity = defineEntity({
  category: 'ask',
  streams: '<tenant>.<run>.<actor>',
  events: [RunAsked],
});
