import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { appendDecided } from '../ledger/append-decided.js';
import type { Ledger } from '../ledger/ledger.js';
import { EMPTY_HEAD } from '../ledger/stream-head.js';
import type { Liveness } from '../liveness/liveness.js';
import type { ExternalOperation } from '../operations/define-external.js';
import type { OperationCatalogue } from '../operations/registry.js';
import { decide, type OperationCommand } from '../runs/decider.js';
import { readRun } from '../runs/read-operation.js';
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
import { endedAs, holderName, whyFull, whyNotHeld } from './holder-checks.js';
import { createOperationStates } from './operation-states.js';
import type {
  ClaimedByProducer,
  Noted,
  ProducedRuns,
  ProducerRefusal,
  ProducerRequest,
} from './produced-runs.js';
import { PRODUCER_REFUSALS, type ProducerRefusalCode } from './producer-refusals.js';
import { createProducerSigns } from './producer-signs.js';
import { commandsOfReport, UnusableReport } from './report-commands.js';
import type { ProducerReport } from './reports.js';

export interface ProducedRunsDependencies {
  readonly ledger: Ledger;
  readonly operations: OperationCatalogue;
  readonly liveness: Liveness;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a request keeps trying when the log's answers are lost; after that the producer sends it again. */
const SETTLE_WITHIN_MS = 10_000;

/** The requested run and its operation's newest state; the run may be an earlier one of the operation. */
interface Found {
  readonly state: OperationState;
  readonly run: RunState;
  readonly definition: ExternalOperation;
}

/**
 * Carries out the reports of outside producers with the same decider as a worker's runs. The claim (run and attempt,
 * held by one client) fences every report, and an append at the known revision decides. What was recorded before
 * isn't recorded again, so that a producer may repeat any request whose answer it lost.
 */
export function createProducedRuns(deps: ProducedRunsDependencies): ProducedRuns {
  const { ledger, operations, clock } = deps;
  const states = createOperationStates(ledger);
  const signs = createProducerSigns(deps);
  // Handles one request after another for each operation, so that requests in this process don't conflict.
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

  /** Appends the events of a decided command; null when there was nothing left to do. */
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
      await signs.beat(request, { ...run, worker }, attempt);
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
    // Beats before it reads the log, because a producer that reports is alive even when the log is away.
    const hasBeaten = await signs.beatAgain(request, attempt);
    return inTurn(stream, async () => {
      const found = await find(request, stream);
      if ('code' in found) return found;
      const { run, definition } = found;
      const notHeld = whyNotHeld(run, request.clientId, attempt);
      if (notHeld) return refused(notHeld);
      if (!isActive(run)) {
        if (hasBeaten) await signs.forget(request);
        return endedAs(run, given) ? noted(run, null) : refused('run_ended');
      }
      if (!hasBeaten) await signs.beat(request, run, attempt);
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
      if (!isActive(after)) await signs.forget(request);
      return noted(after, position);
    });
  }

  return { claim, report };
}

const streamOf = ({ tenantId, runId }: ProducerRequest): string | undefined =>
  parseRunId(runId) && streamOfRun(tenantId, runId);

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
