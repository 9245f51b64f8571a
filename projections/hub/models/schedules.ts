import {
  type DueTimesMissed,
  dueTimesEntity,
  type ScheduleStartedByHand,
} from '../../../src/entities/schedule/due-times.js';
import { type MissedPolicy, ScheduleSet, scheduleEntity } from '../../../src/entities/schedule/schedule.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { isEvent, type RecordedEvent, type RecordedOf } from '../../../src/ledger/event-registry.js';
import { actorOf, nameThen } from '../../../src/runs/initiator.js';
import type { Initiator } from '../../../src/runs/run-events.js';
import { bigint, boolean, integer, json, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { subjectOf, tenantOf, timeOf } from '../event-facts.js';

/** Somebody who started it by hand. */
export interface Asker {
  readonly initiator_kind: string;
  readonly initiator_id: string;
  readonly initiator_name: string | null;
}

/** A limit of what one row holds. */
const ALSO_ASKED_MAX = 50;

const keyOf = (event: RecordedEvent) => ({ tenant_id: tenantOf(event), schedule_id: subjectOf(event) });

/** Every schedule of a tenant, also those that were removed, whose runs still link to them. */
export const schedules = defineModel({
  table: defineTable({
    name: 'schedules',
    columns: {
      tenant_id: uuid(),
      schedule_id: uuid(),
      name: text(),
      operation_type: text(),
      given: json<JsonObject>(),
      cron: text(),
      zone: text(),
      missed: text<MissedPolicy>(),
      state: text<'at_work' | 'paused' | 'removed'>(),
      /** Why it is paused. */
      pause_reason: nullable(text()),
      /** The author of the last change of any kind. */
      changed_by_kind: text(),
      changed_by_id: text(),
      changed_at: bigint(),
      /** Its due times are counted from here. */
      since: bigint(),
    },
    key: ['tenant_id', 'schedule_id'],
    access: 'tenant',
  }),
  wants: scheduleEntity.events,
  addressed: { kind: 'schedule', column: 'schedule_id' },
  keys: (event) => [keyOf(event)],
  fold(event, rows) {
    const key = keyOf(event);
    const at = timeOf(event);
    const known = rows.get(key);
    const { actorKind, actorId } = event.envelope;
    const changed = { changed_by_kind: actorKind, changed_by_id: actorId, changed_at: at };
    if (isEvent(event, ScheduleSet)) {
      const { name, operationType, given, cron, zone, missed } = event.data;
      const sameTimes = known?.cron === cron && known.zone === zone;
      rows.put({
        state: 'at_work',
        pause_reason: null,
        ...known,
        ...key,
        ...changed,
        name,
        operation_type: operationType,
        given: given as JsonObject,
        cron,
        zone,
        missed,
        since: sameTimes ? known.since : at,
      });
      return;
    }
    if (!known) return;
    switch (event.type) {
      case 'SchedulePaused':
        return rows.put({ ...known, ...changed, state: 'paused', pause_reason: event.data.reason });
      case 'ScheduleResumed':
        return rows.put({ ...known, ...changed, state: 'at_work', pause_reason: null, since: at });
      case 'ScheduleRemoved':
        return rows.put({ ...known, ...changed, state: 'removed', pause_reason: null });
    }
  },
});

/**
 * The results of the due times of each schedule. A row of missed times covers all times from `due_at` to `through`.
 */
export const scheduleTimes = defineModel({
  table: defineTable({
    name: 'schedule_times',
    columns: {
      tenant_id: uuid(),
      schedule_id: uuid(),
      due_at: bigint(),
      /**
       * `taken`: a start is under way. `joined`: the same operation was active already. `by_hand`: somebody started
       * it besides the due times.
       */
      outcome: text<'taken' | 'started' | 'joined' | 'refused' | 'missed' | 'by_hand'>(),
      /** Whether the time had been missed and was started late. */
      late: boolean(),
      through: bigint(),
      /** Number of due times in the row. */
      times: integer(),
      /** Whether there were more than `times`. */
      at_least: boolean(),
      run_id: nullable(text()),
      reason_code: nullable(text()),
      message: nullable(text()),
      /** Who started it by hand; null when nobody did, or when it isn't known. */
      initiator_kind: nullable(text()),
      initiator_id: nullable(text()),
      initiator_name: nullable(text()),
      /** Whether the start by hand found the same operation active. */
      joined_by_hand: boolean(),
      /** Who else started it by hand while its run was active. */
      also_asked: json<readonly Asker[]>(),
    },
    key: ['tenant_id', 'schedule_id', 'due_at'],
    access: 'tenant',
  }),
  wants: dueTimesEntity.events,
  keys: (event) => (event.type === 'DueTimesMissed' ? [] : [timeKeyOf(event, event.data.dueAt)]),
  fold(event, rows) {
    if (event.type === 'DueTimesMissed') return rows.put(missedTimes(event));
    const key = timeKeyOf(event, event.data.dueAt);
    const time = { ...EMPTY, ...rows.get(key), ...key, through: key.due_at };
    switch (event.type) {
      case 'DueTimeTaken':
        return rows.put({ ...time, outcome: 'taken', late: event.data.late });
      case 'DueTimeStarted': {
        const { joined, runId } = event.data;
        return rows.put({ ...time, outcome: joined ? 'joined' : 'started', run_id: runId });
      }
      case 'ScheduleStartedByHand': {
        const known = rows.get(key);
        const { joined, initiator } = event.data;
        // The row of several missed times stands for all of them.
        if (known && known.times > 1) return;
        if (known && joined) return rows.put(alsoAskedBy(known, initiator));
        // A due time whose run was started again keeps its result, with the newer run.
        const outcome = known ? outcomeWithRun(known.outcome) : 'by_hand';
        return rows.put({ ...time, outcome, ...byHand(event.data) });
      }
      case 'DueTimeRefused': {
        const { reasonCode, message, runId } = event.data;
        return rows.put({ ...time, outcome: 'refused', run_id: runId, reason_code: reasonCode, message });
      }
    }
  },
});

const EMPTY = {
  late: false,
  times: 1,
  at_least: false,
  run_id: null,
  reason_code: null,
  message: null,
  initiator_kind: null,
  initiator_id: null,
  initiator_name: null,
  joined_by_hand: false,
  also_asked: [] as readonly Asker[],
} as const;

/** The result of a due time that has got a run by hand. */
const outcomeWithRun = <Outcome extends string>(outcome: Outcome): Outcome | 'started' =>
  outcome === 'refused' || outcome === 'missed' ? 'started' : outcome;

/** The row of one or several due times that were missed. */
const missedTimes = (event: RecordedOf<typeof DueTimesMissed>) => {
  const { from, through, count, atLeast } = event.data;
  return {
    ...timeKeyOf(event, from),
    ...EMPTY,
    outcome: 'missed' as const,
    through: Date.parse(through),
    times: count,
    at_least: atLeast,
  };
};

/** What a start by hand changes of a due time. */
const byHand = ({ runId, joined, initiator }: RecordedOf<typeof ScheduleStartedByHand>['data']) => ({
  run_id: runId,
  reason_code: null,
  message: null,
  ...startedBy(initiator),
  joined_by_hand: joined,
});

function startedBy(initiator: Initiator | null) {
  if (!initiator) return { initiator_kind: null, initiator_id: null, initiator_name: null };
  return askerOf(initiator);
}

function askerOf(initiator: Initiator): Asker {
  const { kind, id } = actorOf(initiator);
  return { initiator_kind: kind, initiator_id: id, initiator_name: nameThen(initiator) };
}

function alsoAskedBy<Time extends { readonly also_asked: readonly Asker[] }>(
  time: Time,
  initiator: Initiator | null,
): Time {
  if (!initiator || time.also_asked.length === ALSO_ASKED_MAX) return time;
  return { ...time, also_asked: [...time.also_asked, askerOf(initiator)] };
}

const timeKeyOf = (event: RecordedEvent, dueAt: string) => ({ ...keyOf(event), due_at: Date.parse(dueAt) });
