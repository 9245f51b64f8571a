import type { JsonObject } from '../ledger/canonical-json.js';
import type { Actor, EnvelopeContext } from '../ledger/envelope.js';
import { isEvent, type RecordedEvent } from '../ledger/event-registry.js';
import { headAfter, type StreamHead } from '../ledger/stream-head.js';
import { type EffectState, effectKey } from './effect-state.js';
import { originKey, originsOf } from './repeated-items.js';
import {
  type Counts,
  type Initiator,
  type ItemOutcome,
  LIFECYCLE_EVENTS,
  type Related,
  RunQueued,
} from './run-events.js';
import { completedLifecycle, isTerminal, type Lifecycle } from './status-bucket.js';

/** A run's state, folded from its events. */
export interface RunState {
  readonly runId: string;
  /** Revision of its RunQueued. */
  readonly start: number;
  readonly type: string;
  readonly definitionVersion: number;
  readonly scope: JsonObject;
  readonly context: JsonObject;
  readonly initiator: Initiator;
  readonly title: string;
  readonly correlationId: string;
  readonly queuedEventId: string;
  /** Log position of its RunQueued. */
  readonly queuedPosition: number;
  readonly lifecycle: Lifecycle;
  /** 0 before the first start and raised by every start, so that it distinguishes the claims of different workers. */
  readonly attempt: number;
  /** Attempts that were handed back and so don't count against the limit. */
  readonly releases: number;
  readonly worker: string | null;
  readonly total: number | null;
  /** The outcomes that this run recorded itself, by item id. */
  readonly items: ReadonlyMap<string, ItemOutcome>;
  /** The items that it repeats from earlier runs, as `originKey`s; all of them succeeded. */
  readonly repeated: ReadonlySet<string>;
  /** The changes outside that this run began, by `effectKey`. */
  readonly effects: ReadonlyMap<string, EffectState>;
  readonly related: readonly Related[];
  readonly createdAt: number;
  readonly endedBecause: { readonly reasonCode: string; readonly reason: string } | null;
}

/** An operation's state: the head of its stream and its newest run, the only one that can be active. */
export interface OperationState {
  readonly head: StreamHead;
  readonly run: RunState | undefined;
}

/** The newest run of an operation that must have one. Throws a TypeError when it has none. */
export function latestRun({ run }: OperationState): RunState {
  if (!run) throw new TypeError('the operation never ran');
  return run;
}

/** The envelope context of everything that is appended to a run after it was queued. */
export function contextOf(
  run: RunState,
  given: { readonly tenantId: string; readonly attempt?: number; readonly actor: Actor },
): EnvelopeContext {
  const { runId, start, correlationId, queuedEventId } = run;
  return { ...given, runId, runStart: start, correlationId, causationId: queuedEventId };
}

/** Whether the run exists and hasn't ended. */
export const isActive = (run: RunState | undefined): run is RunState =>
  run !== undefined && !isTerminal(run.lifecycle);

/** Counts are always calculated from the items, so that they add up (R3). */
export function countsOf(run: Pick<RunState, 'items' | 'repeated' | 'total'>): Counts {
  const counts = { succeeded: run.repeated.size, failed: 0, skipped: 0 };
  for (const item of run.items.values()) counts[item.outcome] += 1;
  const processed = counts.succeeded + counts.failed + counts.skipped;
  return { total: run.total === null ? null : Math.max(run.total, processed), processed, ...counts };
}

/**
 * Folds one event of an operation's stream. It never throws: it accepts events of finished runs, repeated items and
 * unknown events, because the log is the truth. It changes only the maps of the run that is being folded, which
 * nobody else holds.
 */
export function evolve(state: OperationState, event: RecordedEvent): OperationState {
  return { head: headAfter(event), run: evolveRun(state.run, event) };
}

const effectsOf = (run: RunState): Map<string, EffectState> => run.effects as Map<string, EffectState>;

function evolveRun(run: RunState | undefined, event: RecordedEvent): RunState | undefined {
  if (isEvent(event, RunQueued)) {
    const { data } = event;
    return {
      runId: event.envelope.runId ?? '',
      start: event.revision,
      type: data.type,
      definitionVersion: data.definitionVersion,
      scope: data.scope as JsonObject,
      context: data.context as JsonObject,
      initiator: data.initiator,
      title: data.title,
      correlationId: event.envelope.$correlationId,
      queuedEventId: event.id,
      queuedPosition: event.position,
      lifecycle: 'pending',
      attempt: 0,
      releases: 0,
      worker: null,
      total: data.total,
      items: new Map(),
      repeated: new Set(),
      effects: new Map(),
      related: data.related,
      createdAt: Date.parse(event.envelope.at),
      endedBecause: null,
    };
  }
  if (!run || !isEvent(event, ...LIFECYCLE_EVENTS)) return run;
  switch (event.type) {
    case 'RunStarted':
      return { ...run, lifecycle: 'running', attempt: event.data.attempt, worker: event.data.worker };
    case 'RunReleased':
      return { ...run, lifecycle: 'pending', releases: run.releases + 1, worker: null };
    case 'RunTotalSet':
      return { ...run, total: event.data.total };
    case 'RunItemsRecorded': {
      const items = run.items as Map<string, ItemOutcome>;
      for (const item of event.data.items) if (!items.has(item.itemId)) items.set(item.itemId, item);
      return run;
    }
    case 'RunItemsRepeated': {
      const repeated = run.repeated as Set<string>;
      for (const origin of originsOf(event.data.from)) repeated.add(originKey(origin));
      return run;
    }
    case 'EffectIntended':
      effectsOf(run).set(effectKey(event.data), { intended: event.data, settled: undefined });
      return run;
    case 'EffectSettled': {
      const intended = run.effects.get(effectKey(event.data))?.intended;
      if (intended) effectsOf(run).set(effectKey(event.data), { intended, settled: event.data });
      return run;
    }
    case 'RunCompleted':
      return {
        ...run,
        lifecycle: completedLifecycle(event.data.counts),
        total: event.data.counts.total,
        related: [...run.related, ...event.data.related],
      };
    case 'RunFailed':
    case 'RunAborted':
      return {
        ...run,
        lifecycle: event.type === 'RunFailed' ? 'failed' : 'aborted',
        endedBecause: { reasonCode: event.data.reasonCode, reason: event.data.reason },
      };
    default:
      return run;
  }
}
