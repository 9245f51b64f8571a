import type { Logger } from 'pino';
import { z } from 'zod';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import type { Actor } from '../ledger/envelope.js';
import { isLogTrouble, RevisionConflictError } from '../ledger/event-log.js';
import { EMPTY_HEAD, type Ledger } from '../ledger/ledger.js';
import { askStream, operationKey, operationStream, runIdOf } from '../ledger/streams.js';
import type { OperationType, Plan } from '../operations/define.js';
import type { OperationCatalogue } from '../operations/registry.js';
import { decide } from './decider.js';
import { NEW_OPERATION, readForStart } from './read-operation.js';
import { REASON_CODES } from './reason-codes.js';
import type { Initiator } from './run-events.js';
import { evolve, type OperationState } from './run-state.js';
import type { StartedRuns } from './started-runs.js';

export interface StartDependencies {
  readonly ledger: Ledger;
  readonly bus: CommandBus;
  readonly operations: OperationCatalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the command may take to be handed to the bus before the run is failed, milliseconds. */
  readonly publishTimeoutMs: number;
  /** Told of each run before its command is published; only where a worker shares the process. */
  readonly startedRuns?: StartedRuns | undefined;
}

export interface StartRequest {
  readonly tenantId: string;
  readonly type: string;
  /** As the type's own input schema takes it. */
  readonly input: unknown;
  readonly initiator: Initiator;
  /** Ties the page or API request to everything that follows from it. */
  readonly correlationId: string;
  readonly causedBy?: { readonly runId: string; readonly relation: string };
  /** Whether the tenant has a connection to Graph. */
  readonly connected: boolean;
  /** A schedule's start: what ever ran under this key is answered instead of running again. */
  readonly once?: boolean;
  /** Told which operation the start is for, right before anything is appended to its stream. */
  readonly onPlanned?: (operationKey: string) => Promise<void>;
}

export type StartResult =
  | {
      readonly kind: 'started' | 'reused';
      readonly runId: string;
      /** Commit position of the run's RunQueued, to wait for before showing its page. */
      readonly position: number;
      /** False when the bus didn't take the command: the run has ended as `dispatch_failed`. */
      readonly dispatched: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      /** The run that stands in the way, where there is one. */
      readonly runId?: string;
    };

/**
 * How long a start waits for a log that is away. What was never sent is said at once; what got no answer is asked
 * again for as long as somebody waits for a page.
 */
const WHILE_ASKED = { failsWhenAway: true, settleWithinMs: 5_000 } as const;
/** Conflicts in a row after which a start gives up; each one means that somebody else's event got in first. */
const CONFLICTS_MAX = 20;

/**
 * Starts a run, or answers the one that is active under the same key (R5). One append at the operation stream's
 * revision decides the race; then the command is handed to the bus (R6). Never calls Graph (R4). Refusals are
 * values; errors are those of the ledger, LogUnavailableError at once while it is away.
 */
export async function startRun(deps: StartDependencies, request: StartRequest): Promise<StartResult> {
  const definition = deps.operations.get(request.type);
  if (!definition) return refused('unknown_type', `There is no operation type “${request.type}”.`);
  const input = definition.input.safeParse(request.input ?? {});
  if (!input.success) return refused('invalid_input', z.prettifyError(input.error));
  const planned = await definition.plan(input.data, {
    ledger: deps.ledger,
    tenantId: request.tenantId,
    connected: request.connected,
  });
  if ('refusal' in planned) return refused(planned.refusal.code, planned.refusal.message);
  return claimStart(deps, request, definition, planned.plan);
}

async function claimStart(
  deps: StartDependencies,
  request: StartRequest,
  definition: OperationType,
  plan: Plan,
): Promise<StartResult> {
  const { tenantId, type } = request;
  const key = operationKey(tenantId, type, plan.scope);
  const stream = operationStream(tenantId, key);
  await request.onPlanned?.(key);
  // Takes the operation for a new one first: where it isn't, the append is refused as cheaply as a read answers.
  let known: Awaited<ReturnType<typeof readForStart>> = { state: NEW_OPERATION, queued: undefined };
  for (let conflicts = 0; conflicts < CONFLICTS_MAX; conflicts++) {
    const { state, queued } = known;
    const decision = decide(state, {
      kind: 'start',
      type,
      definitionVersion: definition.version,
      initiator: request.initiator,
      causedBy: request.causedBy ?? null,
      once: request.once ?? false,
      ...plan,
    });
    if (decision.kind === 'refused') {
      const { meaning, advice } = REASON_CODES[decision.code];
      return { ...refused(decision.code, `${meaning} ${advice}`), runId: state.run?.runId ?? '' };
    }
    if (decision.kind === 'nothing') {
      const runId = state.run?.runId ?? '';
      await recordAsk(deps, request, runId);
      return { kind: 'reused', runId, position: queued?.position ?? -1, dispatched: true };
    }
    const start = state.head.revision + 1;
    const runId = runIdOf(key, start);
    try {
      const appended = await deps.ledger.append(
        stream,
        state.head,
        decision.events,
        {
          tenantId,
          runId,
          runStart: start,
          actor: actorOf(request.initiator),
          correlationId: request.correlationId,
          causationId: request.causedBy?.runId ?? request.correlationId,
        },
        WHILE_ASKED,
      );
      const queuedState = appended.events.reduce(evolve, state);
      const dispatched = await dispatch(deps, request, { stream, runId, start, state: queuedState });
      return { kind: 'started', runId, position: appended.position, dispatched };
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
      known = await readForStart(deps.ledger, stream);
    }
  }
  throw new Error(`${type} could not be started: its stream changed ${CONFLICTS_MAX} times in a row`);
}

interface QueuedRun {
  readonly stream: string;
  readonly runId: string;
  readonly start: number;
  /** The operation right after RunQueued. */
  readonly state: OperationState;
}

/** Hands the command over; a run that the bus doesn't take is failed at once, unless a worker has it already. */
async function dispatch(deps: StartDependencies, request: StartRequest, run: QueuedRun): Promise<boolean> {
  const { tenantId, type, correlationId } = request;
  if (deps.operations.get(type)?.carriedOutBy === 'worker') deps.startedRuns?.remember(run.stream, run.state);
  try {
    await deps.bus.publish(
      { tenantId, type, runId: run.runId, correlationId },
      { timeoutMs: deps.publishTimeoutMs },
    );
    return true;
  } catch (error) {
    if (!(error instanceof BusUnavailableError)) throw error;
    deps.logger.warn({ err: error, runId: run.runId, tenantId, correlationId }, 'the command was not taken');
  }
  const decision = decide(run.state, {
    kind: 'fail-dispatch',
    runId: run.runId,
    reason: REASON_CODES.dispatch_failed.meaning,
  });
  if (decision.kind !== 'append') return true;
  deps.startedRuns?.take(run.stream, run.runId);
  const context = {
    ...{ tenantId, runId: run.runId, runStart: run.start, correlationId, causationId: run.runId },
    actor: { kind: 'system', id: 'start' },
  } as const;
  try {
    await deps.ledger.append(run.stream, run.state.head, decision.events, context, WHILE_ASKED);
    return false;
  } catch (error) {
    // A worker has begun: the bus had taken the command after all.
    if (error instanceof RevisionConflictError) return true;
    if (!isLogTrouble(error)) throw error;
    // The run is in the log all the same, and the dispatcher's to send, unless that append was taken.
    deps.logger.warn(
      { err: error, runId: run.runId, tenantId, correlationId },
      'the run stays queued for now',
    );
    return true;
  }
}

/** Who joined a run that was active already is recorded once, in a stream of its own (R5). */
async function recordAsk(deps: StartDependencies, request: StartRequest, runId: string): Promise<void> {
  const { tenantId, type, initiator, correlationId } = request;
  const actor = actorOf(initiator);
  try {
    await deps.ledger.append(
      askStream(tenantId, runId, actor.id),
      EMPTY_HEAD,
      [{ type: 'RunAsked', data: { runId, type, initiator } }],
      { tenantId, runId, actor, correlationId, causationId: correlationId },
      WHILE_ASKED,
    );
  } catch (error) {
    if (!(error instanceof RevisionConflictError)) throw error;
  }
}

/** The actor that an initiator acts as. */
export function actorOf(initiator: Initiator): Actor {
  switch (initiator.kind) {
    case 'member':
      return { kind: 'member', id: initiator.personId };
    case 'schedule':
      return { kind: 'schedule', id: initiator.scheduleId };
    case 'api':
      return { kind: 'api', id: initiator.clientId };
  }
}

const refused = (code: string, message: string) => ({ kind: 'refused', code, message }) as const;
