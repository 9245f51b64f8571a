import { v5 as uuidv5 } from 'uuid';
import type { DueProgress, dueTimesEntity } from '../entities/schedule/due-times.js';
import type { ScheduleSettings } from '../entities/schedule/schedule.js';
import type { DraftOf } from '../ledger/event-registry.js';
import { explained } from '../runs/reason-codes.js';
import { bounded, REASON_LENGTH_MAX } from '../runs/run-events.js';
import { type StartDependencies, type StartResult, startRun } from '../starting/start-run.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';

/** Correlation ids of starts by schedules, derived from the schedule and its due time. */
const NAMESPACE = '9d0c9f0b-2f0e-5a57-8a1d-5f6b0f2b7d13';

/** A difference between the clocks of the processes that repeat a start. */
const CLOCKS_DIFFER_MS = 2 * 60_000;

type DueTimeEnd = DraftOf<(typeof dueTimesEntity.events)[number]>;

/** The correlation id of a due time's run, the same at every attempt. */
export const correlationOf = (scheduleId: string, dueAt: string): string =>
  uuidv5(`${scheduleId}/${dueAt}`, NAMESPACE);

/**
 * Starts the run of a due time that was taken. Repeating it is harmless, also in another process at the same time,
 * because the run is found by its correlation id. Resolves to the event with the result. Errors: those of `startRun`.
 */
export async function startDueRun(
  deps: { readonly starts: StartDependencies; readonly directory: Pick<TenantDirectory, 'tenant'> },
  schedule: { readonly tenantId: string; readonly scheduleId: string; readonly settings: ScheduleSettings },
  open: NonNullable<DueProgress['open']>,
): Promise<DueTimeEnd> {
  const { dueAt } = open;
  const result = await start(deps, schedule, open);
  if (result.kind !== 'refused')
    return {
      type: 'DueTimeStarted',
      data: { dueAt, runId: result.runId, joined: result.kind === 'reused' },
    };
  const { code: reasonCode, message, runId = null } = result;
  return {
    type: 'DueTimeRefused',
    data: { dueAt, reasonCode, message: bounded(message, REASON_LENGTH_MAX), runId },
  };
}

async function start(
  { starts, directory }: Parameters<typeof startDueRun>[0],
  { tenantId, scheduleId, settings }: Parameters<typeof startDueRun>[1],
  { dueAt, takenAt, eventId }: NonNullable<DueProgress['open']>,
): Promise<StartResult> {
  const { name, operationType, given } = settings;
  const type = starts.operations.get(operationType);
  if (!type?.schedulable) return refused('unknown_type');
  const checked = type.schedulable.given.safeParse(given);
  if (!checked.success) return refused('invalid_input');
  return startRun(starts, {
    tenantId,
    type: operationType,
    input: type.schedulable.inputOf(given, { scheduleId, dueAt }),
    initiator: { kind: 'schedule', scheduleId, name },
    correlationId: correlationOf(scheduleId, dueAt),
    causationId: eventId,
    connected: Boolean(directory.tenant(tenantId)?.graphBaseUrl),
    // Whoever may manage schedules may start every type that can be scheduled.
    allows: () => true,
    once: type.schedulable.oncePerDueTime,
    repeatedSince: takenAt - CLOCKS_DIFFER_MS,
  });
}

const refused = (code: 'unknown_type' | 'invalid_input'): StartResult => ({
  kind: 'refused',
  code,
  message: explained(code),
});
