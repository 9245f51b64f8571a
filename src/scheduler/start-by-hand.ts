import { recordStartByHand } from '../entities/schedule/record-start-by-hand.js';
import { REMOVED_MEANWHILE, readSchedule } from '../entities/schedule/schedule.js';
import { actorOf } from '../runs/initiator.js';
import { type RunStart, type StartDependencies, type StartResult, startRun } from '../starting/start-run.js';

/** Two starts within it are one operation of a type whose scope is the due time, as two clicks on a button are. */
const MINUTE_MS = 60_000;
const NOT_STARTABLE =
  'What this schedule starts is not valid any more. Change the schedule, then start it again.';

/**
 * Starts now what a schedule starts at its due times, as a run of the initiator, and records in the schedule's stream
 * who did it. When the process dies in between, starting again joins the run and records that. Errors: those of
 * `startRun`.
 */
export async function startByHand(
  deps: StartDependencies,
  schedule: { readonly tenantId: string; readonly scheduleId: string },
  request: Pick<RunStart, 'initiator' | 'allows' | 'connected' | 'correlationId'>,
): Promise<StartResult> {
  const { ledger, clock } = deps;
  const { tenantId, scheduleId } = schedule;
  const { initiator, correlationId } = request;
  const { settings, removed } = await readSchedule(ledger, tenantId, scheduleId);
  if (!settings || removed)
    return { kind: 'refused', code: 'invalid_input', message: REMOVED_MEANWHILE.refusal };
  const { operationType: type, given } = settings;
  const schedulable = deps.operations.get(type)?.schedulable;
  if (!schedulable?.given.safeParse(given).success)
    return { kind: 'refused', code: 'invalid_input', message: NOT_STARTABLE };
  const now = clock.now();
  const dueAt = new Date(schedulable.oncePerDueTime ? now - (now % MINUTE_MS) : now).toISOString();
  const input = schedulable.inputOf(given, { scheduleId, dueAt });
  const started = await startRun(deps, { ...request, tenantId, type, input });
  if (started.kind === 'refused') return started;
  const { runId } = started;
  const start = { dueAt, runId, initiator, joined: started.kind === 'reused' };
  const context = { tenantId, actor: actorOf(initiator), correlationId, causationId: correlationId };
  await recordStartByHand(ledger, schedule, start, (stream, draft, head) =>
    ledger.append(stream, head, [draft], context),
  );
  return started;
}
