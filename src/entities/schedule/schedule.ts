import { z } from 'zod';
import { commandsOf } from '../../ledger/define-command.js';
import { defineEntity } from '../../ledger/define-entity.js';
import { defineEvent, isEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { typeNameSchema } from '../../runs/run-events.js';
import { typedName, typedText } from '../typed-text.js';

const NAME_LENGTH_MAX = 100;
const REASON_LENGTH_MAX = 300;
const CRON_LENGTH_MAX = 100;
const ZONE_LENGTH_MAX = 60;

/** The rule for due times at which nothing could be started: skip them, or start one run for the last of them. */
export const MISSED_POLICIES = ['skip', 'make_up_once'] as const;
export type MissedPolicy = (typeof MISSED_POLICIES)[number];

const settingsSchema = z.strictObject({
  name: z.string().min(1).max(NAME_LENGTH_MAX),
  /** The type of the operations that it starts. */
  operationType: typeNameSchema,
  /** The input that the type needs for a start, in the form that the type declares. */
  given: z.record(z.string(), z.json()),
  cron: z.string().min(1).max(CRON_LENGTH_MAX),
  zone: z.string().min(1).max(ZONE_LENGTH_MAX),
  missed: z.enum(MISSED_POLICIES),
});
export type ScheduleSettings = z.output<typeof settingsSchema>;

/** A schedule as a person types it. */
export const typedSchedule = settingsSchema.extend({
  name: typedName(NAME_LENGTH_MAX, 'A schedule needs a name'),
});

export const ScheduleSet = defineEvent({
  type: 'ScheduleSet',
  category: 'schedule',
  meaning: 'A schedule was made or changed: what it starts, when, and what becomes of missed times.',
  words: ({ name, cron, zone }) => `${name}: ${cron}, ${zone}`,
  data: settingsSchema,
});

export const SchedulePaused = defineEvent({
  type: 'SchedulePaused',
  category: 'schedule',
  meaning: 'A schedule starts nothing until it is resumed.',
  words: ({ reason }) => reason,
  data: z.strictObject({ reason: z.string().min(1).max(REASON_LENGTH_MAX) }),
});

export const ScheduleResumed = defineEvent({
  type: 'ScheduleResumed',
  category: 'schedule',
  meaning: 'A paused schedule starts operations again, from its next due time on.',
  data: z.strictObject({}),
});

export const ScheduleRemoved = defineEvent({
  type: 'ScheduleRemoved',
  category: 'schedule',
  meaning: 'A schedule was removed for good; what it started stays.',
  data: z.strictObject({}),
});

/** A schedule, as its events say. */
export interface ScheduleState {
  /** Null before it is made. */
  readonly settings: ScheduleSettings | null;
  readonly paused: boolean;
  readonly removed: boolean;
  /**
   * Only due times after this moment count, milliseconds since 1970: when it was made, resumed, or given other times.
   */
  readonly since: number;
}

/** A schedule starts operations of one type at the times of a cron expression in a time zone (K8). */
export const scheduleEntity = defineEntity({
  category: 'schedule',
  streams: '<tenant>.<schedule>',
  events: [ScheduleSet, SchedulePaused, ScheduleResumed, ScheduleRemoved],
  initial: { settings: null, paused: false, removed: false, since: 0 } as ScheduleState,
  evolve(schedule, event) {
    const at = Date.parse(event.envelope.at);
    switch (event.type) {
      case 'ScheduleSet': {
        const { settings: before } = schedule;
        const sameTimes = before?.cron === event.data.cron && before.zone === event.data.zone;
        return { ...schedule, settings: event.data, since: sameTimes ? schedule.since : at };
      }
      case 'SchedulePaused':
        return { ...schedule, paused: true };
      case 'ScheduleResumed':
        return { ...schedule, paused: false, since: at };
      case 'ScheduleRemoved':
        return { ...schedule, removed: true };
    }
  },
});

/** Whether the schedule starts operations. */
export const isAtWork = (
  schedule: ScheduleState,
): schedule is ScheduleState & { readonly settings: ScheduleSettings } =>
  schedule.settings !== null && !schedule.paused && !schedule.removed;

/** Declares the commands of schedules. */
export const scheduleCommand = commandsOf(scheduleEntity);
export const REMOVED_MEANWHILE = { refusal: 'This schedule was removed. Make a new one.' } as const;

const existing = {
  capability: 'backups.manage',
  existingKind: 'schedule',
  idOf: ({ scheduleId }: { readonly scheduleId: string }) => scheduleId,
} as const;
const idOnly = z.strictObject({ scheduleId: z.guid() });

/** Pauses a schedule; does nothing to one that is paused already. */
export const pauseSchedule = scheduleCommand({
  ...existing,
  name: 'schedule.pause',
  summary: 'Pause a schedule',
  input: idOnly.extend({
    reason: typedText(REASON_LENGTH_MAX, 'needs a reason'),
  }),
  decide(schedule, { reason }) {
    if (schedule.removed) return REMOVED_MEANWHILE;
    return schedule.paused ? [] : [{ type: 'SchedulePaused', data: { reason } }];
  },
});

/** Resumes a paused schedule. Due times during the pause don't count as missed. */
export const resumeSchedule = scheduleCommand({
  ...existing,
  name: 'schedule.resume',
  summary: 'Resume a schedule',
  input: idOnly,
  decide(schedule) {
    if (schedule.removed) return REMOVED_MEANWHILE;
    return schedule.paused ? [{ type: 'ScheduleResumed', data: {} }] : [];
  },
});

/** Removes a schedule for good. Does nothing when there is no such schedule. */
export const removeSchedule = scheduleCommand({
  ...existing,
  name: 'schedule.remove',
  summary: 'Remove a schedule for good; what it started stays',
  input: idOnly,
  decide: (schedule) =>
    schedule.settings === null || schedule.removed ? [] : [{ type: 'ScheduleRemoved', data: {} }],
});

/** Reads a schedule from the log. Errors: those of the ledger. */
export async function readSchedule(
  ledger: LedgerReader,
  tenantId: string,
  scheduleId: string,
): Promise<ScheduleState> {
  let schedule = scheduleEntity.initial;
  for await (const event of ledger.read(scheduleEntity.stream(tenantId, scheduleId)))
    if (isEvent(event, ...scheduleEntity.events)) schedule = scheduleEntity.evolve(schedule, event);
  return schedule;
}
