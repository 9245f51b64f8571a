import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import type { EventDraft } from '../ledger/event-registry.js';
import { effectKey, type IntendedEffect, type SettledEffect } from './effect-state.js';
import { type ItemOrigin, originKey, rangesOf } from './repeated-items.js';
import type { Initiator, ItemOutcome, Related, RunDraft } from './run-events.js';
import { countsOf, isActive, type OperationState, type RunState } from './run-state.js';

/**
 * A command that may change an operation. It is decided on the operation's stream alone, without I/O, clock or
 * chance. A command that has nothing left to do yields no events, so that repeating it is harmless. A command that
 * isn't allowed is refused with a value, never with an exception.
 */
export type OperationCommand =
  /** Queues a run, unless one is active. */
  | {
      readonly kind: 'start';
      readonly type: string;
      readonly definitionVersion: number;
      readonly input: Json;
      readonly scope: JsonObject;
      readonly context: JsonObject;
      readonly initiator: Initiator;
      readonly total: number | null;
      readonly causedBy: { readonly runId: string; readonly relation: string } | null;
      readonly related: readonly Related[];
      readonly title: string;
      /** Set for a schedule's start: an operation that has ever run is not started again. */
      readonly once: boolean;
    }
  /** Begins the run’s next attempt; ends the run when its attempts are spent. */
  | {
      readonly kind: 'claim';
      readonly runId: string;
      readonly worker: string;
      readonly attemptLimit: number;
      /** Whether the worker that holds the run is known to be gone. */
      readonly holderLost: boolean;
    }
  /** Hands the run back to be claimed again; the attempt doesn’t count. */
  | { readonly kind: 'release'; readonly claim: Claim; readonly reason: string }
  /** Says how many items the run will have. */
  | { readonly kind: 'set-total'; readonly claim: Claim; readonly total: number }
  /** Records the outcomes of items; those that are recorded already are left out. */
  | {
      readonly kind: 'record-items';
      readonly claim: Claim;
      readonly items: readonly ItemOutcome[];
      /** Items with the same outcome as in earlier runs. */
      readonly repeats?: readonly RepeatedItem[];
      /** Returns the events to append with the outcomes that are new, so that nothing is produced twice. */
      readonly produced: (added: readonly ItemOutcome[]) => readonly EventDraft[];
    }
  /** Says that the run waits for something outside, and until when. */
  | {
      readonly kind: 'wait';
      readonly claim: Claim;
      readonly reasonCode: string;
      readonly until: string;
      readonly reason: string;
    }
  /** Adds a line to the run’s progress. */
  | { readonly kind: 'note'; readonly claim: Claim; readonly note: string }
  /** Announces a request that changes something outside, before it is sent. */
  | { readonly kind: 'intend-effect'; readonly claim: Claim; readonly effect: IntendedEffect }
  /** Records the outcome of an announced request. */
  | { readonly kind: 'settle-effect'; readonly claim: Claim; readonly effect: SettledEffect }
  /** Ends the run, with counts calculated from its items. */
  | {
      readonly kind: 'complete';
      readonly claim: Claim;
      readonly related: readonly Related[];
      readonly summary: string;
    }
  /** Ends the run with a reason. */
  | { readonly kind: 'fail'; readonly claim: Claim; readonly reasonCode: string; readonly reason: string }
  /** Ends a run that waits for a worker: the bus refused its command, or nobody took it in time. */
  | {
      readonly kind: 'fail-dispatch';
      readonly runId: string;
      /** The newest attempt that the sender knows; 0 for a run that never began. */
      readonly attempt: number;
      readonly reason: string;
    }
  /** Ends a run whose holder is gone and whose attempts are spent. */
  | {
      readonly kind: 'abort-lost';
      readonly runId: string;
      readonly attempt: number;
      readonly attemptLimit: number;
    };

/** An item that succeeded with the same outcome in an earlier run. */
export interface RepeatedItem extends ItemOrigin {
  readonly subjectType: string | null;
}

/** The fencing token: the run and the attempt that the sender holds. */
export interface Claim {
  readonly runId: string;
  readonly attempt: number;
}

export type Decision =
  | { readonly kind: 'append'; readonly events: readonly EventDraft[] }
  | { readonly kind: 'nothing'; readonly because: WhyNothing }
  | { readonly kind: 'refused'; readonly code: 'another_run_active' };

/** Why a command appends nothing. */
type WhyNothing =
  /** The active run does what the start asks for. */
  | 'already_active'
  /** The stream holds what the command would add. */
  | 'already_done'
  /** The command's run has ended or isn't the newest. */
  | 'ended'
  /** The run is in another attempt or lifecycle than the sender believes. */
  | 'held_by_other'
  /** The run may be taken over again, so it isn't ended. */
  | 'attempts_left';

const nothing = (because: WhyNothing): Decision => ({ kind: 'nothing', because });
const append = (...events: RunDraft[]): Decision => ({ kind: 'append', events });

/** Decides what a command does in an operation's state. */
export function decide(state: OperationState, command: OperationCommand): Decision {
  switch (command.kind) {
    case 'start':
      return decideStart(state, command);
    case 'claim':
      return decideClaim(state.run, command);
    case 'fail-dispatch':
      return decideDispatchFailure(state.run, command);
    case 'abort-lost':
      return decideAbort(state.run, command);
    default:
      return decideHeld(state.run, command);
  }
}

function decideStart(state: OperationState, command: Extract<OperationCommand, { kind: 'start' }>): Decision {
  const { run } = state;
  if (isActive(run))
    return sameContext(run, command)
      ? nothing('already_active')
      : { kind: 'refused', code: 'another_run_active' };
  if (run && command.once) return nothing('already_done');
  const { type, definitionVersion, input, scope, context, initiator, total, causedBy, title } = command;
  return append({
    type: 'RunQueued',
    data: {
      type,
      definitionVersion,
      input,
      scope,
      context,
      initiator,
      total,
      causedBy,
      related: [...command.related],
      title,
    },
  });
}

/** Whether a start asks for the same work as the active run does. */
function sameContext(run: Pick<RunState, 'context'>, start: { readonly context: JsonObject }): boolean {
  return canonicalJson(run.context) === canonicalJson(start.context);
}

function decideClaim(
  run: RunState | undefined,
  command: Extract<OperationCommand, { kind: 'claim' }>,
): Decision {
  if (run?.runId !== command.runId || !isActive(run)) return nothing('ended');
  if (run.lifecycle === 'running' && !command.holderLost) return nothing('held_by_other');
  if (countedAttempts(run) >= command.attemptLimit) return append(workerLost(run, command.attemptLimit));
  return append({ type: 'RunStarted', data: { attempt: run.attempt + 1, worker: command.worker } });
}

/** Attempts that count against the limit: those that were not handed back. */
const countedAttempts = (run: RunState): number => run.attempt - run.releases;

function workerLost(run: RunState, attemptLimit: number): RunDraft {
  const times = attemptLimit === 1 ? 'once' : `${attemptLimit} times`;
  return {
    type: 'RunAborted',
    data: {
      reasonCode: 'worker_lost',
      reason: `The worker disappeared ${times}; the run is not taken over again.`,
      counts: countsOf(run),
    },
  };
}

function decideDispatchFailure(
  run: RunState | undefined,
  command: Extract<OperationCommand, { kind: 'fail-dispatch' }>,
): Decision {
  if (run?.runId !== command.runId || !isActive(run)) return nothing('ended');
  if (run.lifecycle !== 'pending' || run.attempt !== command.attempt) return nothing('held_by_other');
  return append({
    type: 'RunFailed',
    data: { reasonCode: 'dispatch_failed', reason: command.reason, counts: countsOf(run) },
  });
}

function decideAbort(
  run: RunState | undefined,
  command: Extract<OperationCommand, { kind: 'abort-lost' }>,
): Decision {
  if (run?.runId !== command.runId || !isActive(run)) return nothing('ended');
  if (run.lifecycle !== 'running' || run.attempt !== command.attempt) return nothing('held_by_other');
  if (countedAttempts(run) < command.attemptLimit) return nothing('attempts_left');
  return append(workerLost(run, command.attemptLimit));
}

type HeldCommand = Extract<OperationCommand, { readonly claim: Claim }>;

/** Decides commands that only the holder of the run's newest claim may give. */
function decideHeld(run: RunState | undefined, command: HeldCommand): Decision {
  const { claim } = command;
  if (run?.runId !== claim.runId || !isActive(run)) return nothing('ended');
  if (run.attempt !== claim.attempt || run.lifecycle !== 'running') return nothing('held_by_other');
  switch (command.kind) {
    case 'release':
      return append({ type: 'RunReleased', data: { attempt: claim.attempt, reason: command.reason } });
    case 'set-total':
      if (run.total === command.total) return nothing('already_done');
      return append({ type: 'RunTotalSet', data: { total: command.total } });
    case 'record-items':
      return decideItems(run, command);
    case 'wait': {
      const { reasonCode, until, reason } = command;
      return append({ type: 'RunWaiting', data: { reasonCode, until, reason } });
    }
    case 'note':
      return append({ type: 'RunProgressNoted', data: { note: command.note } });
    case 'intend-effect':
      return decideIntent(run, command.effect);
    case 'settle-effect':
      return decideSettlement(run, command.effect);
    case 'complete': {
      const counts = countsOf(run);
      return append({
        type: 'RunCompleted',
        data: {
          counts: { ...counts, total: counts.total ?? counts.processed },
          related: [...command.related],
          summary: command.summary,
        },
      });
    }
    case 'fail': {
      const { reasonCode, reason } = command;
      return append({ type: 'RunFailed', data: { reasonCode, reason, counts: countsOf(run) } });
    }
  }
}

/**
 * While an intent's outcome isn't known, no other intent follows it: its outcome is looked up and the request isn't
 * repeated.
 */
function decideIntent(run: RunState, effect: IntendedEffect): Decision {
  const known = run.effects.get(effectKey(effect));
  if (known && (known.settled === undefined || known.intended.tryNumber >= effect.tryNumber))
    return nothing('already_done');
  return append({ type: 'EffectIntended', data: effect });
}

function decideSettlement(run: RunState, effect: SettledEffect): Decision {
  const known = run.effects.get(effectKey(effect));
  if (known?.intended.clientRequestId !== effect.clientRequestId || known.settled)
    return nothing('already_done');
  return append({ type: 'EffectSettled', data: effect });
}

function decideItems(run: RunState, command: Extract<OperationCommand, { kind: 'record-items' }>): Decision {
  const added = new Map<string, ItemOutcome>();
  for (const item of command.items)
    if (!run.items.has(item.itemId) && !added.has(item.itemId)) added.set(item.itemId, item);
  const items = [...added.values()];
  const repeats = newRepeats(run, command.repeats ?? []);
  const drafts: RunDraft[] = [];
  if (items.length > 0) drafts.push({ type: 'RunItemsRecorded', data: { items } });
  if (repeats.length > 0) drafts.push(repeatedDraft(repeats));
  if (drafts.length === 0) return nothing('already_done');
  return { kind: 'append', events: [...(items.length > 0 ? command.produced(items) : []), ...drafts] };
}

function newRepeats(run: RunState, repeats: readonly RepeatedItem[]): readonly RepeatedItem[] {
  const added = new Map(repeats.map((item) => [originKey(item), item]));
  for (const key of added.keys()) if (run.repeated.has(key)) added.delete(key);
  return [...added.values()];
}

/** The event that records some repeated items. */
export function repeatedDraft(repeats: readonly RepeatedItem[]): RunDraft {
  const subjects = new Map<string, number>();
  for (const { subjectType } of repeats)
    if (subjectType !== null) subjects.set(subjectType, (subjects.get(subjectType) ?? 0) + 1);
  return {
    type: 'RunItemsRepeated',
    data: {
      from: rangesOf(repeats).map(({ runId, ordinals }) => ({
        runId,
        ordinals: ordinals.map(([first, last]) => [first, last]),
      })),
      subjects: [...subjects].map(([type, items]) => ({ type, items })),
    },
  };
}
