import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { appendDecided } from '../ledger/append-decided.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { Ledger } from '../ledger/ledger.js';
import { EMPTY_HEAD } from '../ledger/stream-head.js';
import type { Liveness, RunName } from '../liveness/liveness.js';
import { forgetSigns } from '../liveness/signs-of-life.js';
import type { ExternalOperation } from '../operations/define-external.js';
import type { OperationCatalogue } from '../operations/registry.js';
import { decide, type OperationCommand } from '../runs/decider.js';
import { readRun } from '../runs/read-operation.js';
import type { Counts } from '../runs/run-events.js';
import {
  contextOf,
  countsOf,
  evolve,
  isActive,
  latestRun,
  type OperationState,
  type RunState,
} from '../runs/run-state.js';
import { parseRunId, streamOfRun } from '../runs/run-streams.js';
import { createTurns } from '../timing/turns.js';
import { createOperationStates } from './operation-states.js';
import { PRODUCER_REFUSALS, type ProducerRefusalCode } from './producer-refusals.js';
import { commandsOfReport, UnusableReport } from './report-commands.js';
import type { ProducerReport } from './reports.js';

/** Who speaks of which run. */
export interface ProducerRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly clientId: string;
  /** Id of the request, kept with the events it causes. */
  readonly requestId: string;
}

export interface ProducerRefusal {
  readonly kind: 'refused';
  readonly code: ProducerRefusalCode;
  /** In words for whoever writes the producer. */
  readonly message: string;
}

/** A run in a producer's hands. `attempt` goes into each of its reports: it is what fences it. */
export interface ClaimedByProducer {
  readonly kind: 'claimed';
  readonly runId: string;
  readonly type: string;
  readonly version: number;
  readonly attempt: number;
  readonly scope: JsonObject;
  readonly input: JsonObject;
  readonly counts: Counts;
  /** Silence after which the run is aborted, milliseconds. */
  readonly silenceMs: number;
  /** Whether this producer had it already. */
  readonly repeated: boolean;
  /** Log position of the claim, or null when nothing new was written. */
  readonly position: number | null;
}

export interface Noted {
  readonly kind: 'noted';
  readonly runId: string;
  readonly attempt: number;
  readonly counts: Counts;
  /** Log position of the newest event that this report wrote, or null when there was nothing new in it. */
  readonly position: number | null;
}

/** Runs in the hands of producers outside. Errors of both: those of the ledger. */
export interface ProducedRuns {
  /** Takes a pending run; again by the same producer answers the same claim. */
  claim(request: ProducerRequest, producer: string): Promise<ClaimedByProducer | ProducerRefusal>;
  /** Takes a report of the claim's holder. What is known already is not written twice. */
  report(request: ProducerRequest, attempt: number, report: ProducerReport): Promise<Noted | ProducerRefusal>;
}

export interface ProducedRunsDependencies {
  readonly ledger: Ledger;
  readonly operations: OperationCatalogue;
  readonly liveness: Liveness;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Items and events of one run; a producer that writes more has gone wrong. */
const RUN_ITEMS_MAX = 100_000;
const RUN_EVENTS_MAX = 20_000;
/** How long a request goes on when answers of the log are lost; the producer sends it again. */
const SETTLE_WITHIN_MS = 10_000;

/** A run of the request's id with its operation's state, in which it may be an earlier run. */
interface Found {
  readonly state: OperationState;
  readonly run: RunState;
  readonly definition: ExternalOperation;
}

/**
 * Carries out what producers outside report, through the same decider as a worker's runs: the claim (run and
 * attempt, held by one client) fences every report, an append at the revision that was read decides, and what is
 * recorded already is not recorded again, so that a producer may repeat any request whose answer it lost.
 */
export function createProducedRuns(deps: ProducedRunsDependencies): ProducedRuns {
  const { ledger, operations, liveness, clock, logger } = deps;
  const states = createOperationStates(ledger);
  // One request after another for each operation of this process, so that they don't conflict among themselves.
  const { inTurn } = createTurns();

  async function find(request: ProducerRequest, stream: string): Promise<Found | ProducerRefusal> {
    const state = await states.current(stream);
    const run = state.run?.runId === request.runId ? state.run : await earlierRun(request);
    if (!run) return refused('no_such_run');
    const definition = operations.get(run.type);
    return definition?.carriedOutBy === 'producer' ? { state, run, definition } : refused('not_external');
  }

  async function earlierRun({ tenantId, runId }: ProducerRequest): Promise<RunState | undefined> {
    let state: OperationState = { head: EMPTY_HEAD, run: undefined };
    for await (const event of readRun(ledger, tenantId, runId)) state = evolve(state, event);
    return state.run;
  }

  /** Appends what the decider makes of a command; null when there was nothing left to do. */
  async function append(
    request: ProducerRequest,
    stream: string,
    command: OperationCommand,
    attempt: number,
  ): Promise<{ readonly position: number | null } | 'not_held'> {
    const { tenantId, clientId, requestId } = request;
    const written = await appendDecided(ledger, stream, {
      read: () => states.current(stream),
      decide: (state) => {
        const decision = decide(state, command);
        if (decision.kind !== 'append') return { answer: decision };
        const actor = { kind: 'api', id: clientId } as const;
        const context = contextOf(latestRun(state), { tenantId, attempt, actor });
        return { events: decision.events, context: { ...context, causationId: requestId } };
      },
      options: { settleWithinMs: SETTLE_WITHIN_MS },
    });
    if ('answer' in written) {
      const { answer } = written;
      return answer.kind === 'nothing' && answer.because === 'already_done' ? { position: null } : 'not_held';
    }
    const { before, appended } = written;
    states.keep(stream, appended.events.reduce(evolve, before));
    return { position: appended.position };
  }

  /** Notes a sign of life of the claim that the log shows, and overwrites what an earlier claim has left. */
  async function beat(request: ProducerRequest, run: RunState, attempt: number): Promise<void> {
    const { tenantId, runId } = request;
    await signed(request, liveness.beat({ tenantId, runId, attempt, worker: run.worker ?? '' }));
  }

  /** Repeats the sign of life of a claim whose sign is known; answers whether one is. The log is not asked. */
  async function beatAgain(
    { tenantId, runId, clientId }: ProducerRequest,
    attempt: number,
  ): Promise<boolean> {
    const named = { tenantId, runId, attempt, workerEnd: holderEnd(clientId) };
    return (await signed({ tenantId, runId }, liveness.beatAgain(named))) ?? false;
  }

  /** Trouble with signs of life is logged: the watchdog counts no silence while they can't be written. */
  async function signed<Answer>(run: RunName, beaten: Promise<Answer>): Promise<Answer | undefined> {
    return beaten.catch((error: unknown) => {
      logger.warn({ err: error, runId: run.runId, tenantId: run.tenantId }, 'a sign of life was not noted');
      return undefined;
    });
  }

  async function claim(
    request: ProducerRequest,
    producer: string,
  ): Promise<ClaimedByProducer | ProducerRefusal> {
    const stream = streamOf(request);
    if (stream === undefined) return refused('no_such_run');
    return inTurn(stream, async () => {
      const found = await find(request, stream);
      if ('code' in found) return found;
      const { run, definition } = found;
      const worker = holderName(producer, request.clientId);
      if (!isActive(run)) return refused('run_ended');
      let { attempt } = run;
      let position: number | null = null;
      const repeated = run.lifecycle === 'running';
      if (repeated && run.worker !== worker) return refused('claim_lost');
      if (!repeated) {
        attempt += 1;
        const claimed = await append(
          request,
          stream,
          { kind: 'claim', runId: run.runId, worker, attemptLimit: 1, holderLost: false },
          attempt,
        );
        if (claimed === 'not_held') return refused('claim_lost');
        position = claimed.position;
      }
      await beat(request, { ...run, worker }, attempt);
      const { runId, type, definitionVersion: version, scope, context: input } = run;
      const { silenceMs } = definition;
      const counts = countsOf(run);
      return {
        kind: 'claimed',
        runId,
        type,
        version,
        attempt,
        scope,
        input,
        counts,
        silenceMs,
        repeated,
        position,
      };
    });
  }

  async function report(
    request: ProducerRequest,
    attempt: number,
    given: ProducerReport,
  ): Promise<Noted | ProducerRefusal> {
    const stream = streamOf(request);
    if (stream === undefined) return refused('no_such_run');
    // Before the log is asked: while it is away, a producer that reports is alive all the same.
    const hasBeaten = await beatAgain(request, attempt);
    return inTurn(stream, async () => {
      const found = await find(request, stream);
      if ('code' in found) return found;
      const { run, definition } = found;
      const notHeld = whyNotHeld(run, request.clientId, attempt);
      if (notHeld) return refused(notHeld);
      if (!isActive(run)) {
        if (hasBeaten) await forgetSigns(deps, request);
        return endedAs(run, given) ? noted(run, null) : refused('run_ended');
      }
      if (!hasBeaten) await beat(request, run, attempt);
      if (given.kind === 'heartbeat') return noted(run, null);
      const full = whyFull(found, given);
      if (full) return refused(full);
      let commands: readonly OperationCommand[];
      try {
        commands = commandsOfReport(given, { runId: run.runId, attempt }, definition, clock.now());
      } catch (error) {
        if (error instanceof UnusableReport) return refused(error.code, error.message);
        throw error;
      }
      let position: number | null = null;
      for (const command of commands) {
        const done = await append(request, stream, command, attempt);
        if (done === 'not_held') return refused('claim_lost');
        position = done.position ?? position;
      }
      const after = (await states.current(stream)).run ?? run;
      if (!isActive(after)) await forgetSigns(deps, request);
      return noted(after, position);
    });
  }

  return { claim, report };
}

const streamOf = ({ tenantId, runId }: ProducerRequest): string | undefined =>
  parseRunId(runId) && streamOfRun(tenantId, runId);

/** Shown with the run; the client's id stands in it, so that no other client speaks for the producer. */
const holderName = (producer: string, clientId: string): string => producer + holderEnd(clientId);
const holderEnd = (clientId: string): string => `@${clientId}`;

function whyNotHeld(run: RunState, clientId: string, attempt: number): ProducerRefusalCode | undefined {
  // A run that ended before anybody claimed it has ended, whoever asks.
  if (run.attempt === 0) return isActive(run) ? 'not_claimed' : 'run_ended';
  const isHolder = run.attempt === attempt && run.worker?.endsWith(holderEnd(clientId));
  return isHolder ? undefined : 'claim_lost';
}

/** Whether a run has ended in the way that is reported: the answer to the first report was lost. */
function endedAs(run: RunState, given: ProducerReport): boolean {
  if (given.kind === 'complete')
    return run.lifecycle === 'completed' || run.lifecycle === 'completed_with_errors';
  return (
    given.kind === 'fail' && run.lifecycle === 'failed' && run.endedBecause?.reasonCode === given.reasonCode
  );
}

function whyFull({ state, run }: Found, given: ProducerReport): ProducerRefusalCode | undefined {
  if (given.kind === 'complete' || given.kind === 'fail') return undefined;
  if (state.head.revision - run.start >= RUN_EVENTS_MAX) return 'too_many_events';
  if (given.kind !== 'items') return undefined;
  const fresh = given.items.filter(({ itemId }) => !run.items.has(itemId)).length;
  return run.items.size + fresh > RUN_ITEMS_MAX ? 'too_many_items' : undefined;
}

const noted = (run: RunState, position: number | null): Noted => ({
  kind: 'noted',
  runId: run.runId,
  attempt: run.attempt,
  counts: countsOf(run),
  position,
});

const refused = (
  code: ProducerRefusalCode,
  message: string = PRODUCER_REFUSALS[code].meaning,
): ProducerRefusal => ({ kind: 'refused', code, message });
