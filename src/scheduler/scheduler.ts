import type { Logger } from 'pino';
import {
  dueTimesEntity,
  lastDecision,
  progressAfter,
  ScheduleStartedByHand,
} from '../entities/schedule/due-times.js';
import { isAtWork, readSchedule } from '../entities/schedule/schedule.js';
import { isLogTrouble, RevisionConflictError } from '../ledger/event-log.js';
import { type DraftOf, isEvent } from '../ledger/event-registry.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from '../ledger/stream-head.js';
import type { Lease } from '../liveness/lease.js';
import { readTimetable } from '../schedules/check-timetable.js';
import { dueTimesAfter, type Timetable } from '../schedules/due-times.js';
import { type DueWork, dueWork } from '../schedules/due-work.js';
import type { StartDependencies } from '../starting/start-run.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { ScheduleAtWork, ScheduleDirectory } from './schedule-directory.js';
import { correlationOf, startDueRun } from './start-due-run.js';

interface SchedulerDependencies {
  readonly schedules: Pick<ScheduleDirectory, 'atWork'>;
  readonly directory: Pick<TenantDirectory, 'tenant'>;
  readonly starts: StartDependencies;
  /**
   * Lets only one scheduler work for all processes. Two that work at the same time still start only one run for a due
   * time.
   */
  readonly lease: Pick<Lease, 'hold'>;
  /** The present time, the same for all processes, milliseconds since 1970. Errors: the time isn't known. */
  readonly now: () => Promise<number>;
  readonly logger: Logger;
}

type DueTimeDraft = DraftOf<(typeof dueTimesEntity.events)[number]>;

/**
 * Returns a pass that starts operations at the due times of schedules (K8). The caller repeats it every few seconds.
 *
 * Each due time takes three steps:
 *
 * 1. record that the due time is taken, by an event after the last one that was read;
 * 2. start the run under an id that is derived from the due time;
 * 3. record the result.
 *
 * When a process dies between two steps, the next pass does the missing ones, so a due time never starts two runs. A
 * schedule that can't be read is logged and skipped, so that it doesn't hold up the others.
 */
export function createScheduler(deps: SchedulerDependencies): (signal: AbortSignal) => Promise<void> {
  /** When to check a schedule again. A changed schedule is another object, which is checked in the next pass. */
  const nextChecks = new WeakMap<ScheduleAtWork, number>();
  /** Schedules whose failure is logged; they are logged again when they fail after they have worked. */
  const failing = new WeakSet<ScheduleAtWork>();

  async function pass(signal: AbortSignal): Promise<void> {
    if (!(await deps.lease.hold())) return;
    const now = await deps.now();
    let failed: unknown;
    for (const schedule of deps.schedules.atWork()) {
      if (signal.aborted) return;
      if (now < (nextChecks.get(schedule) ?? 0)) continue;
      try {
        nextChecks.set(schedule, await doDueWork(schedule, now));
        failing.delete(schedule);
      } catch (error) {
        if (isLogTrouble(error)) throw error;
        failed ??= error;
        if (!failing.has(schedule)) logFailure(schedule, error);
      }
    }
    if (failed) throw failed;
  }

  function logFailure(schedule: ScheduleAtWork, error: unknown): void {
    const { tenantId, scheduleId } = schedule;
    failing.add(schedule);
    deps.logger.error({ err: error, tenantId, scheduleId }, 'a schedule could not be carried out');
  }

  /** Does the due work of a schedule. Resolves to its next due time. */
  async function doDueWork(schedule: ScheduleAtWork, now: number): Promise<number> {
    const { tenantId, scheduleId } = schedule;
    const { ledger } = deps.starts;
    // The directory may lag behind; the log says whether it was paused meanwhile.
    const state = await readSchedule(ledger, tenantId, scheduleId);
    if (!isAtWork(state)) return now;
    const timetable = timetableOf(state.settings);
    const stream = dueTimesEntity.stream(tenantId, scheduleId);
    const last = await ledger.last(stream);
    const isByHand = last !== undefined && isEvent(last, ScheduleStartedByHand);
    const decided = isByHand ? await lastDecision(ledger.read(stream, { direction: 'backwards' })) : last;
    let head = last ? headAfter(last) : EMPTY_HEAD;
    let { open, decidedThrough } = progressAfter(decided);
    const after = Math.max(decidedThrough, state.since);
    if (!open) {
      const work = dueWork(timetable, { after, now, makesUp: state.settings.missed === 'make_up_once' });
      if (!work) return firstAfter(timetable, Math.max(after, now));
      const taken = await append(schedule, head, draftsOf(work));
      if (!taken) return now;
      head = taken.head;
      ({ open, decidedThrough } = progressAfter(taken.events.at(-1)));
    }
    if (open)
      await append(schedule, head, [
        await startDueRun(deps, { ...schedule, settings: state.settings }, open),
      ]);
    return firstAfter(timetable, Math.max(decidedThrough, state.since));
  }

  /** Appends after the head; undefined when another process has appended first. */
  async function append(
    { tenantId, scheduleId }: ScheduleAtWork,
    head: StreamHead,
    drafts: readonly DueTimeDraft[],
  ) {
    const [last] = drafts.slice(-1).map(({ data }) => ('dueAt' in data ? data.dueAt : data.through));
    const correlationId = correlationOf(scheduleId, last ?? '');
    const context = {
      tenantId,
      actor: { kind: 'system', id: 'scheduler' },
      correlationId,
      causationId: correlationId,
    } as const;
    try {
      return await deps.starts.ledger.append(
        dueTimesEntity.stream(tenantId, scheduleId),
        head,
        drafts,
        context,
      );
    } catch (error) {
      if (error instanceof RevisionConflictError) return undefined;
      throw error;
    }
  }

  return pass;
}

/** Errors: a plain Error for times that this program can't read. */
function timetableOf(settings: { readonly cron: string; readonly zone: string }): Timetable {
  const read = readTimetable(settings);
  if ('problem' in read) throw new Error(`its times can’t be read: ${read.problem}`);
  return read.timetable;
}

function draftsOf({ missed, take }: DueWork): readonly DueTimeDraft[] {
  const drafts: DueTimeDraft[] = [];
  if (missed) {
    const { from, through, count, atLeast } = missed;
    const data = { from: instant(from), through: instant(through), count, atLeast };
    drafts.push({ type: 'DueTimesMissed', data });
  }
  if (take) drafts.push({ type: 'DueTimeTaken', data: { dueAt: instant(take.dueAt), late: take.late } });
  return drafts;
}

const instant = (at: number): string => new Date(at).toISOString();

/** The first due time after a time; Infinity when none follows. */
function firstAfter(timetable: Timetable, after: number): number {
  for (const { at } of dueTimesAfter(timetable, after)) return at;
  return Number.POSITIVE_INFINITY;
}
