import { z } from 'zod';
import { defineEntity } from '../../ledger/define-entity.js';
import { defineEvent, isEvent, type RecordedEvent } from '../../ledger/event-registry.js';
import { initiatorSchema, reasonCodeSchema, runIdSchema } from '../../runs/run-events.js';

const MESSAGE_LENGTH_MAX = 500;
const instant = z.iso.datetime({ precision: 3 });

/** Recorded before the start, so that only one process starts a run for the time. */
export const DueTimeTaken = defineEvent({
  type: 'DueTimeTaken',
  category: 'due',
  meaning: 'A process took a due time of a schedule, to start a run for it.',
  words: ({ dueAt, late }) => (late ? `made up for ${dueAt}` : dueAt),
  importance: 'minor',
  data: z.strictObject({
    dueAt: instant,
    /** Whether the time had been missed and is made up for. */
    late: z.boolean(),
  }),
});

export const DueTimeStarted = defineEvent({
  type: 'DueTimeStarted',
  category: 'due',
  meaning:
    'A due time of a schedule has its run: one started for it, or the same operation that was active already.',
  words: ({ dueAt, joined }) => (joined ? `${dueAt}: was active already` : dueAt),
  data: z.strictObject({ dueAt: instant, runId: runIdSchema, joined: z.boolean() }),
});

export const DueTimeRefused = defineEvent({
  type: 'DueTimeRefused',
  category: 'due',
  meaning: 'The start for a due time of a schedule was refused.',
  words: ({ message }) => message,
  data: z.strictObject({
    dueAt: instant,
    reasonCode: reasonCodeSchema,
    message: z.string().max(MESSAGE_LENGTH_MAX),
    /** The run that prevented the start, if there is one. */
    runId: runIdSchema.nullable(),
  }),
});

export const DueTimesMissed = defineEvent({
  type: 'DueTimesMissed',
  category: 'due',
  meaning: 'Due times of a schedule passed while nothing could be started, and stay without a run.',
  words: ({ from, through, count }) => (count === 1 ? from : `${count} from ${from} to ${through}`),
  data: z.strictObject({
    from: instant,
    through: instant,
    count: z.int().min(1),
    /** Whether there were more than `count`; counting has a limit. */
    atLeast: z.boolean(),
  }),
});

export const ScheduleStartedByHand = defineEvent({
  type: 'ScheduleStartedByHand',
  category: 'due',
  meaning:
    'Somebody started what a schedule starts besides its due times; a backup set of such a start is one of the schedule.',
  words: ({ dueAt, joined }) => (joined ? `${dueAt}: was active already` : dueAt),
  // Version 2 added who started it and whether it was active already. Before, only backups were recorded.
  version: 2,
  data: z.strictObject({
    /** The time of the start, used as its due time; for a run that is started again, its due time. */
    dueAt: instant,
    runId: runIdSchema,
    /** Null in events of version 1. */
    initiator: initiatorSchema.nullable(),
    joined: z.boolean(),
  }),
  upcasters: { 1: (data) => ({ ...(data as object), initiator: null, joined: false }) },
});

/**
 * The results of a schedule's due times, in their order. They have a stream of their own, because they are many and
 * each command of a schedule reads the whole stream of the schedule.
 */
export const dueTimesEntity = defineEntity({
  category: 'due',
  streams: '<tenant>.<schedule>',
  events: [DueTimeTaken, DueTimeStarted, DueTimeRefused, DueTimesMissed, ScheduleStartedByHand],
});

/**
 * How far a schedule's due times have been decided. Times in
 * milliseconds since 1970.
 */
export interface DueProgress {
  /** Every due time up to here has been decided. */
  readonly decidedThrough: number;
  /** The due time that was taken last, while it isn't known whether its run was started. */
  readonly open: { readonly dueAt: string; readonly takenAt: number; readonly eventId: string } | undefined;
}

/** The last event that decides about due times, from the newest events; starts by hand decide about none. */
export async function lastDecision(
  newestFirst: AsyncIterable<RecordedEvent>,
): Promise<RecordedEvent | undefined> {
  for await (const event of newestFirst) if (!isEvent(event, ScheduleStartedByHand)) return event;
  return undefined;
}

/** How far a schedule's due times have been decided, from the last event that decides about them. */
export function progressAfter(last: RecordedEvent | undefined): DueProgress {
  if (!last || !isEvent(last, DueTimeTaken, DueTimeStarted, DueTimeRefused, DueTimesMissed))
    return { decidedThrough: 0, open: undefined };
  if (last.type === 'DueTimesMissed')
    return { decidedThrough: Date.parse(last.data.through), open: undefined };
  const { dueAt } = last.data;
  const takenAt = Date.parse(last.envelope.at);
  const open = last.type === 'DueTimeTaken' ? { dueAt, takenAt, eventId: last.id } : undefined;
  return { decidedThrough: Date.parse(dueAt), open };
}
