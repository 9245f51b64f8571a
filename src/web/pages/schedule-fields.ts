import { z } from 'zod';
import { MISSED_POLICIES, type ScheduleSettings, typedSchedule } from '../../entities/schedule/schedule.js';
import type { JsonObject } from '../../ledger/canonical-json.js';
import type { ScheduleField } from '../../operations/schedulable.js';
import { problemsOf, type SchedulableTypes, schedulableTypes } from '../../operations/set-schedule.js';
import { POLICY_TYPES } from '../../policies/catalogue/policy-types.js';
import { issuesByField } from '../../wording/issue-words.js';
import { count } from '../view/format.js';
import { listedZone, TIME_ZONES } from '../view/time-zones.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';

/** The fields of every schedule. Those of its operation type are read from what was sent beside them. */
export const scheduleFields = z.looseObject({
  name: z.string().max(200).default(''),
  cron: z.string().max(200).default(''),
  zone: z.string().max(100).default(''),
  missed: z.string().max(30).default(''),
});
export type SentSchedule = z.output<typeof scheduleFields>;

/** The operation types that schedules can start. */
export const typesOfSchedules = ({ deps }: WebRuntime): SchedulableTypes =>
  schedulableTypes(deps.ports.starts.types);

/** The settings that a form holds. Errors: WebError `bad_request` with what is wrong, by field. */
export function settingsSent(
  sent: SentSchedule,
  operationType: string,
  types: SchedulableTypes,
): ScheduleSettings {
  const fields = types.get(operationType)?.fields ?? [];
  const typed = {
    name: sent.name,
    operationType,
    given: givenSent(sent, fields),
    cron: sent.cron.trim(),
    zone: listedZone(sent.zone) ?? sent.zone,
    missed: sent.missed,
  };
  const checked = typedSchedule.safeParse(typed);
  const wrong = checked.success ? {} : issuesByField(checked.error);
  for (const { field, problem } of problemsOf(typed, types)) wrong[field] ??= problem;
  if (!checked.success || Object.keys(wrong).length > 0)
    throw new WebError('bad_request', Object.values(wrong).join(' '), { fields: wrong });
  return checked.data;
}

function givenSent(sent: Readonly<Record<string, unknown>>, fields: readonly ScheduleField[]): JsonObject {
  const given: Record<string, JsonObject[string]> = {};
  for (const field of fields) {
    const value = sent[field.name];
    if (field.kind === 'flag') given[field.name] = value === 'yes';
    else if (value === undefined || value === '') continue;
    else if (field.kind === 'number') given[field.name] = Number(value);
    else given[field.name] = [value].flat().map(String);
  }
  return given;
}

/** What the template of the fields needs. `settings` are those of the schedule that is changed. */
export function fieldsView(
  runtime: WebRuntime,
  operationType: string,
  settings: Omit<ScheduleSettings, 'operationType'> | { readonly zone: string },
) {
  const isNew = !('given' in settings);
  const given = isNew ? {} : settings.given;
  const fields = typesOfSchedules(runtime).get(operationType)?.fields ?? [];
  return {
    settings: { cron: EVERY_NIGHT, missed: 'make_up_once', ...settings },
    zones: TIME_ZONES,
    missedPolicies: MISSED_POLICIES.map((name) => ({ name, words: MISSED_WORDS[name] })),
    fields: fields.map((field) => fieldView(field, given[field.name] ?? (isNew ? proposedFor(field) : null))),
  };
}

const EVERY_NIGHT = '0 2 * * *';

const proposedFor = (field: ScheduleField) => ('proposed' in field ? field.proposed : null);

/** A field of an operation type with its value. */
function fieldView(field: ScheduleField, value: JsonObject[string] | undefined) {
  if (field.kind === 'flag') return { ...field, value: value === true };
  if (field.kind === 'number') return { ...field, value: typeof value === 'number' ? `${value}` : '' };
  const chosen = Array.isArray(value) ? value : [];
  return {
    ...field,
    isNarrowed: chosen.length > 0,
    summary: chosen.length === 0 ? 'all' : count(chosen.length, 'type'),
    options: POLICY_TYPES.map(({ name, label }) => ({ name, label, isChosen: chosen.includes(name) })),
  };
}

/** The rule for missed times, in words. */
export const MISSED_WORDS: Readonly<Record<ScheduleSettings['missed'], string>> = {
  make_up_once: 'Made up for once, as soon as the program is back',
  skip: 'Skipped: the next run is at the next time',
};
