import type { Logger } from 'pino';
import type { Capability } from '../access/capabilities.js';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { appendDecided } from '../ledger/append-decided.js';
import type { Json } from '../ledger/canonical-json.js';
import { isLogTrouble, RevisionConflictError } from '../ledger/event-log.js';
import { type Ledger, readerOf } from '../ledger/ledger.js';
import { EMPTY_HEAD } from '../ledger/stream-head.js';
import type { OperationType } from '../operations/operation-type.js';
import type { Plan } from '../operations/plan.js';
import type { OperationCatalogue } from '../operations/registry.js';
import { type Decision, decide } from '../runs/decider.js';
import { actorOf } from '../runs/initiator.js';
import { NEW_OPERATION, queuedEvent, readForStart, type StartableOperation } from '../runs/read-operation.js';
import { type CommonReasonCode, explained, REASON_CODES } from '../runs/reason-codes.js';
import type { Initiator } from '../runs/run-events.js';
import { contextOf, evolve, latestRun, type OperationState } from '../runs/run-state.js';
import { askStream, operationKey, operationStream, runIdOf } from '../runs/run-streams.js';
import type { ArtifactAccess } from '../snapshots/artifact-access.js';
import { issuesInWords } from '../wording/issue-words.js';
import { keepInput } from './given-input.js';
import { runOfRequest } from './run-of-request.js';
import type { StartedRuns } from './started-runs.js';

export interface StartDependencies {
  readonly ledger: Ledger;
  readonly bus: CommandBus;
  readonly operations: OperationCatalogue;
  /** Takes the parts of an input that are too long for an event. */
  readonly artifacts: Pick<ArtifactAccess, 'put'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long handing the command to the bus may take before the run is failed, milliseconds. */
  readonly publishTimeoutMs: number;
  /** Gets each run before its command is published; set only when a worker shares the process. */
  readonly startedRuns?: StartedRuns | undefined;
}

export interface RunStart {
  readonly tenantId: string;
  readonly type: string;
  /** In the form of the type's own input schema. */
  readonly input: unknown;
  readonly initiator: Initiator;
  /** Links the page or API request to everything that it causes. */
  readonly correlationId: string;
  /** Whether the initiator has a capability in the tenant. */
  readonly allows: (capability: Capability) => boolean;
  /**
   * Whether the initiator has a capability in another tenant. Left out for initiators that are no people; they have
   * none.
   */
  readonly allowsElsewhere?: (tenantId: string, capability: Capability) => boolean;
  /** The run of this tenant that led to this one. */
  readonly causedBy?: { readonly runId: string; readonly relation: string };
  /** Id of the event that caused the start; by default the request's correlation id. */
  readonly causationId?: string;
  /** Whether the tenant has a connection to Graph. */
  readonly connected: boolean;
  /** The credential of that connection; null or left out for one without an id. */
  readonly credentialId?: string | null;
  /** Set for a schedule's start: if the operation has ever run, that run is returned and nothing is started. */
  readonly once?: boolean;
  /**
   * Set for a start that may be a repetition: if the operation has a run with the same correlation id that was queued
   * since then (milliseconds since 1970), that run is returned and nothing is started.
   */
  readonly repeatedSince?: number;
  /** Called with the key of the operation right before anything is appended to its stream. */
  readonly onPlanned?: (operationKey: string) => Promise<void>;
}

export type StartResult =
  | {
      readonly kind: 'started' | 'reused';
      readonly runId: string;
      /** Commit position of the run's RunQueued; its page can be shown when the read model has reached it. */
      readonly position: number;
      /** False when the bus didn't accept the command; the run has then ended as `dispatch_failed`. */
      readonly dispatched: boolean;
    }
  | Refused;

interface Refused {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
  /** The run that prevents the start, if there is one. */
  readonly runId?: string;
}

/**
 * The limits of a start, because a person waits for the page: it fails at once when the log is away and nothing has
 * been sent, and retries for a few seconds when an append gets no answer.
 */
const INTERACTIVE_APPEND = { failsWhenAway: true, settleWithinMs: 5_000 } as const;

/**
 * Starts a run, or returns the active run with the same key (R5). The steps: check the input and the capability, plan,
 * append RunQueued, hand the command to the bus (R6).
 *
 * - One append at the operation stream's revision decides between concurrent starts.
 * - A start never calls Graph (R4).
 * - When the bus doesn't accept the command, the run ends as `dispatch_failed` and `dispatched` is false.
 * - Refusals are values. Errors: those of the ledger; LogUnavailableError at once while it is away.
 */
export async function startRun(deps: StartDependencies, request: RunStart): Promise<StartResult> {
  const definition = deps.operations.get(request.type);
  if (!definition) return refused('unknown_type', unknownType(request.type, deps.operations));
  const { causedBy, tenantId } = request;
  const given = definition.input.safeParse(request.input ?? {});
  if (!given.success) return refused('invalid_input', issuesInWords(given.error, definition.input));
  if (!request.allows(definition.capability(given.data))) return refused('not_permitted');
  const kept = keepInput(
    definition.inputToKeep
      ? await definition.inputToKeep(given.data, (body) => deps.artifacts.put(tenantId, body))
      : request.input,
  );
  if ('problem' in kept) return refused('invalid_input', kept.problem);
  const input = definition.input.parse(kept.input);
  if (causedBy && !(await queuedEvent(deps.ledger, tenantId, causedBy.runId)))
    return refused('unknown_cause');
  const planned = await definition.plan(input, {
    ledger: readerOf(deps.ledger),
    tenantId,
    connected: request.connected,
    credentialId: request.credentialId ?? null,
    now: deps.clock.now(),
    allowsIn: (inTenant, capability) =>
      inTenant === tenantId
        ? request.allows(capability)
        : (request.allowsElsewhere?.(inTenant, capability) ?? false),
  });
  if ('refusal' in planned) return refused(planned.refusal.code, planned.refusal.message);
  return appendStart(deps, request, definition, { ...planned.plan, input: kept.input });
}

async function appendStart(
  deps: StartDependencies,
  request: RunStart,
  definition: OperationType,
  plan: Plan & { readonly input: Json },
): Promise<StartResult> {
  const { tenantId, type } = request;
  const key = operationKey(tenantId, type, plan.scope);
  const stream = operationStream(tenantId, key);
  await request.onPlanned?.(key);
  const started = await appendDecided<StartableOperation, NotStarted | StartedEarlier>(deps.ledger, stream, {
    // Assumes that an operation never ran when this process has not started it. If that is wrong, the refused
    // append costs no more than a read.
    known: deps.startedRuns?.hasStarted(stream) ? undefined : NEW_OPERATION,
    read: () => readForStart(deps.ledger, stream),
    async decide(operation) {
      const earlier = await startedEarlier(deps.ledger, stream, operation, request);
      if (earlier) return { answer: earlier };
      const decision = decide(operation, {
        kind: 'start',
        type,
        definitionVersion: definition.version,
        initiator: request.initiator,
        causedBy: request.causedBy ?? null,
        once: request.once ?? false,
        ...plan,
      });
      if (decision.kind !== 'append') return { answer: { kind: 'not_started', decision, operation } };
      const runStart = operation.head.revision + 1;
      const context = {
        tenantId,
        runId: runIdOf(key, runStart),
        runStart,
        actor: actorOf(request.initiator),
        correlationId: request.correlationId,
        causationId: request.causationId ?? request.correlationId,
      };
      return { events: decision.events, context };
    },
    options: INTERACTIVE_APPEND,
  });
  if ('answer' in started)
    return started.answer.kind === 'started' ? started.answer : notStarted(deps, request, started.answer);
  const state = started.appended.events.reduce<OperationState>(evolve, started.before);
  const { runId } = latestRun(state);
  const dispatched = await dispatch(deps, request, stream, state);
  return { kind: 'started', runId, position: started.appended.position, dispatched };
}

type StartedEarlier = Extract<StartResult, { readonly kind: 'started' | 'reused' }> & {
  readonly kind: 'started';
};

/** The run that an earlier attempt of the same request has started. */
async function startedEarlier(
  ledger: Ledger,
  stream: string,
  operation: StartableOperation,
  { correlationId, repeatedSince }: RunStart,
): Promise<StartedEarlier | undefined> {
  if (repeatedSince === undefined || operation.run === undefined) return undefined;
  const earlier = await runOfRequest(ledger, stream, { correlationId, notBefore: repeatedSince });
  return earlier && { kind: 'started', ...earlier, dispatched: true };
}

interface NotStarted {
  readonly kind: 'not_started';
  readonly decision: Exclude<Decision, { kind: 'append' }>;
  readonly operation: StartableOperation;
}

async function notStarted(
  deps: StartDependencies,
  request: RunStart,
  { decision, operation }: NotStarted,
): Promise<StartResult> {
  const { runId } = latestRun(operation);
  if (decision.kind === 'refused') return { ...refused(decision.code), runId };
  await recordAsk(deps, request, runId);
  return { kind: 'reused', runId, position: operation.queued?.position ?? -1, dispatched: true };
}

/**
 * Hands the command of a new run to the bus. When the bus doesn't accept it, the run is failed at once, unless a
 * worker has already begun it.
 */
async function dispatch(
  deps: StartDependencies,
  request: RunStart,
  stream: string,
  state: OperationState,
): Promise<boolean> {
  const { tenantId, type, correlationId } = request;
  const run = latestRun(state);
  const { runId } = run;
  const logger = deps.logger.child({ runId, tenantId, correlationId });
  if (deps.operations.get(type)?.carriedOutBy === 'worker') deps.startedRuns?.remember(stream, state);
  try {
    await deps.bus.publish({ tenantId, type, runId, correlationId }, { timeoutMs: deps.publishTimeoutMs });
    return true;
  } catch (error) {
    if (!(error instanceof BusUnavailableError)) throw error;
    logger.warn({ err: error }, 'the command was not taken');
  }
  const reason = REASON_CODES.dispatch_failed.meaning;
  const decision = decide(state, { kind: 'fail-dispatch', runId, attempt: 0, reason });
  if (decision.kind !== 'append') return true;
  deps.startedRuns?.take(stream, runId);
  const context = contextOf(run, { tenantId, actor: { kind: 'system', id: 'start' } });
  try {
    await deps.ledger.append(stream, state.head, decision.events, context, INTERACTIVE_APPEND);
    return false;
  } catch (error) {
    // A worker has begun the run, so the bus had accepted the command.
    if (error instanceof RevisionConflictError) return true;
    if (!isLogTrouble(error)) throw error;
    // The run is in the log, and the dispatcher sends its command again unless that append was written after all.
    logger.warn({ err: error }, 'the run stays queued for now');
    return true;
  }
}

/** Records once, in a stream of its own, who asked for a run that was already active (R5). */
async function recordAsk(deps: StartDependencies, request: RunStart, runId: string): Promise<void> {
  const { tenantId, type, initiator, correlationId } = request;
  const actor = actorOf(initiator);
  try {
    await deps.ledger.append(
      askStream(tenantId, runId, actor.id),
      EMPTY_HEAD,
      [{ type: 'RunAsked', data: { runId, type, initiator } }],
      { tenantId, runId, actor, correlationId, causationId: correlationId },
      INTERACTIVE_APPEND,
    );
  } catch (error) {
    if (!(error instanceof RevisionConflictError)) throw error;
  }
}

function unknownType(type: string, operations: OperationCatalogue): string {
  const known = [...operations.keys()].join(', ');
  return `There is no operation type “${type}”. There are ${known}.`;
}

function refused(code: CommonReasonCode): Refused;
function refused(code: string, message: string): Refused;
function refused(code: string, message = explained(code as CommonReasonCode)): Refused {
  return { kind: 'refused', code, message };
}
