import { z } from 'zod';
import {
  REMOVED_MEANWHILE,
  type ScheduleSettings,
  scheduleCommand,
  typedSchedule,
} from '../entities/schedule/schedule.js';
import { canonicalJson } from '../ledger/canonical-json.js';
import { timetableProblems } from '../schedules/check-timetable.js';
import type { Schedulable } from './schedulable.js';

/** The operation types that may be scheduled, by name. */
export type SchedulableTypes = ReadonlyMap<string, Schedulable>;

/** What is wrong with a schedule's settings: the field, and a sentence for the person who typed it. */
export interface ScheduleProblem {
  readonly field: string;
  readonly problem: string;
}

/** Checks what the schema of the settings can't check: the type, what it needs for a start, and the times. */
export function problemsOf(
  { operationType, given, cron, zone }: Omit<ScheduleSettings, 'name' | 'missed'>,
  types: SchedulableTypes,
): readonly ScheduleProblem[] {
  const type = types.get(operationType);
  if (!type) return [{ field: 'operationType', problem: 'No schedule can start operations of this type.' }];
  const problems: ScheduleProblem[] = [];
  const checked = type.given.safeParse(given);
  for (const { path, message } of checked.error?.issues ?? [])
    problems.push({ field: String(path[0] ?? 'given'), problem: message });
  return [...problems, ...timetableProblems({ cron, zone }, type.leastEveryMs)];
}

/**
 * The command that makes or changes a schedule of these types. A change without a difference appends nothing; a
 * removed schedule can't be changed, and a schedule can't get another type.
 */
export const setScheduleFor = (types: SchedulableTypes) =>
  scheduleCommand({
    name: 'schedule.set',
    summary: 'Make or change a schedule',
    capability: 'backups.manage',
    input: typedSchedule.extend({ scheduleId: z.guid() }).superRefine((typed, context) => {
      for (const { field, problem } of problemsOf(typed, types))
        context.addIssue({ code: 'custom', path: [field], message: problem });
    }),
    idOf: ({ scheduleId }) => scheduleId,
    decide({ settings, removed }, { scheduleId: _, ...wanted }) {
      if (removed) return REMOVED_MEANWHILE;
      if (settings && settings.operationType !== wanted.operationType)
        return { refusal: 'A schedule keeps its operation. Make a new one for another.' };
      if (settings && canonicalJson(settings) === canonicalJson(wanted)) return [];
      return [{ type: 'ScheduleSet', data: wanted }];
    },
  });

/** The types of a catalogue that declare how schedules start them. */
export function schedulableTypes(
  operations: Iterable<{ readonly type: string; readonly schedulable: Schedulable | undefined }>,
): SchedulableTypes {
  const types = new Map<string, Schedulable>();
  for (const { type, schedulable } of operations) if (schedulable) types.set(type, schedulable);
  return types;
}
