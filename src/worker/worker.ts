import type { Logger } from 'pino';
import type {
  CommandBus,
  ConsumeLimits,
  Consumption,
  Delivery,
  Disposition,
  RunCommand,
} from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { GraphError } from '../graph/client/graph-error.js';
import { appendDecided, type Proposal } from '../ledger/append-decided.js';
import { isLogTrouble } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import { parseRunId, streamOfRun } from '../ledger/streams.js';
import {
  ClaimLostError,
  type OperationDefinition,
  type OperationServices,
  RunFailure,
} from '../operations/define.js';
import { definitionFor, type OperationRegistry } from '../operations/registry.js';
import { decide } from '../runs/decider.js';
import { readOperation } from '../runs/read-operation.js';
import { contextOf, evolve, isActive, type OperationState } from '../runs/run-state.js';
import type { StartedRuns } from '../runs/started-runs.js';
import { sanitizeFailure } from '../sanitize/index.js';
import { BATCH_LIMITS, type BatchLimits, ClaimedRun } from './claimed-run.js';
import type { LifeWatch } from './life-watch.js';
import type { Liveness } from './liveness.js';
import { createRetryDelays } from './retry-delays.js';

export interface WorkerOptions {
  /** Unique among running workers; shown with the run. */
  readonly name: string;
  readonly limits: ConsumeLimits;
  /** Between two signs of life, milliseconds. */
  readonly beatEveryMs: number;
  /** Age of the last sign of life after which a run may be taken over, milliseconds. */
  readonly lostAfterMs: number;
  /**
   * How long a handler may take to end once its signal has aborted, and how long writing down what it left may
   * take after that, milliseconds. `stop` takes twice as long at most.
   */
  readonly drainMs: number;
  readonly batch?: BatchLimits;
}

export interface WorkerDependencies {
  readonly ledger: Ledger;
  readonly bus: CommandBus;
  readonly operations: OperationRegistry;
  readonly services: OperationServices;
  readonly liveness: Liveness;
  readonly watch: LifeWatch;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Runs that were started in the same process. */
  readonly startedRuns?: StartedRuns | undefined;
}

/** A run of another version of its type, or held by a living worker, is offered again after this long. */
const NOT_MINE_DELAY_MS = 5_000;
/** Ends what waits beside a run. A reason of our own spares the making of an AbortError that nobody sees. */
const OVER = 'over';
const DONE: Disposition = { kind: 'done' };
const release = (delayMs: number): Disposition => ({ kind: 'release', delayMs });

interface Claimed {
  readonly kind: 'claimed';
  readonly state: OperationState;
  readonly definition: OperationDefinition;
  /** When the claim was sent, on the monotonic clock. */
  readonly claimedMs: number;
}

/** Why a handler's signal aborted, besides a lost claim. */
class Stopping extends Error {
  override readonly name = 'Stopping';
}
class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

/** Carries out runs: claims them in the log, keeps them alive, records what their handlers do. */
export class Worker {
  readonly #inHand = new Set<AbortController>();
  readonly #retries = createRetryDelays();
  readonly #clearing = new Set<Promise<void>>();
  #consumption: Consumption | undefined;
  #stopping = false;

  constructor(
    private readonly deps: WorkerDependencies,
    private readonly options: WorkerOptions,
  ) {}

  start(): void {
    if (this.#consumption) return;
    this.#stopping = false;
    this.#consumption = this.deps.bus.consume(
      { types: [...this.deps.operations.keys()], limits: this.options.limits },
      (delivery, signal) => this.#deliver(delivery, signal),
    );
  }

  /** Takes no more, tells the handlers to end, hands back what they leave; resolves within the drain limit. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const stopped = this.#consumption?.stop();
    for (const controller of this.#inHand) controller.abort(new Stopping('the process is stopping'));
    await stopped;
    this.#consumption = undefined;
    const over = new AbortController();
    const limit = this.deps.clock.sleep(this.options.drainMs, over.signal);
    await Promise.race([Promise.all(this.#clearing), limit]);
    over.abort(OVER);
  }

  /** Runs being carried out right now. */
  get busy(): number {
    return this.#inHand.size;
  }

  async #deliver(delivery: Delivery, busSignal: AbortSignal): Promise<Disposition> {
    const { command } = delivery;
    const logger = this.deps.logger.child({
      runId: command.runId,
      tenantId: command.tenantId,
      type: command.type,
      correlationId: command.correlationId,
    });
    if (!this.deps.operations.has(command.type) || this.#stopping)
      return release(this.#stopping ? 0 : NOT_MINE_DELAY_MS);
    const named = parseRunId(command.runId);
    if (!named) {
      logger.error('a command names no run; it is removed');
      return DONE;
    }
    try {
      const stream = streamOfRun(command.tenantId, command.runId);
      const claimed = await this.#claim(stream, named.startRevision, delivery);
      this.#retries.forget(command.runId);
      if (claimed.kind !== 'claimed') return claimed;
      return await this.#carryOut(claimed, stream, delivery, busSignal, logger);
    } catch (error) {
      const { delayMs, isFirst } = this.#retries.after(command.runId, error);
      const level = isFirst ? 'error' : 'debug';
      logger[level]({ err: error, delayMs }, 'a command could not be carried out; it is given back');
      return release(delayMs);
    }
  }

  /** Appends RunStarted at the revision at which the run is known; the log decides who owns it. */
  async #claim(stream: string, start: number, { command }: Delivery): Promise<Disposition | Claimed> {
    const { ledger, clock, startedRuns } = this.deps;
    let claimedMs = 0;
    const claim = await appendDecided<OperationState, Disposition>(ledger, stream, {
      known: startedRuns?.take(stream, command.runId),
      read: () => readOperation(ledger, stream, start),
      decide: async (state) => {
        const proposal = await this.#proposeClaim(state, command);
        claimedMs = clock.monotonicMs();
        return proposal;
      },
    });
    if ('answer' in claim) return claim.answer;
    const state = claim.appended.events.reduce(evolve, claim.before);
    const { run } = state;
    const definition = run && definitionFor(this.deps.operations, run);
    if (definition && isActive(run)) return { kind: 'claimed', state, definition, claimedMs };
    // Taken over as often as it may be: the run has ended instead.
    await this.#forgetSigns(command);
    return DONE;
  }

  /** The claim of a run that nobody holds, or what becomes of its command. */
  async #proposeClaim(
    { run, head }: OperationState,
    { runId, tenantId }: RunCommand,
  ): Promise<Proposal | { readonly answer: Disposition }> {
    if (run?.runId !== runId || !isActive(run)) return { answer: DONE };
    // A command is a hint that anybody on the bus can forge: what the run is, the log alone says.
    const definition = definitionFor(this.deps.operations, run);
    if (!definition) return { answer: release(NOT_MINE_DELAY_MS) };
    const { watch } = this.deps;
    const { attempt, lifecycle } = run;
    const worker = this.options.name;
    const silentMs = lifecycle === 'running' ? await watch.silentMs({ tenantId, runId, attempt }) : 0;
    const holderLost = watch.isLost(silentMs);
    if (lifecycle === 'running' && !holderLost)
      return { answer: release(this.options.lostAfterMs - silentMs + 1) };
    const { attemptLimit } = definition;
    const decision = decide({ run, head }, { kind: 'claim', runId, worker, attemptLimit, holderLost });
    if (decision.kind !== 'append') return { answer: DONE };
    const { events } = decision;
    const begins = events.some(({ type }) => type === 'RunStarted');
    const actor = { kind: 'worker', id: worker } as const;
    return {
      events,
      context: contextOf(run, { tenantId, attempt: begins ? attempt + 1 : attempt, actor }),
    };
  }

  async #carryOut(
    { state, definition, claimedMs }: Claimed,
    stream: string,
    { command }: Delivery,
    busSignal: AbortSignal,
    logger: Logger,
  ): Promise<Disposition> {
    const controller = new AbortController();
    const { ledger, clock } = this.deps;
    const run = new ClaimedRun(
      {
        ledger,
        clock,
        definition,
        stream,
        tenantId: command.tenantId,
        worker: this.options.name,
        limits: this.options.batch ?? BATCH_LIMITS,
        controller,
        claimedMs,
        lostAfterMs: this.options.lostAfterMs,
      },
      state,
    );
    const lostOnBus = () => run.lose('the bus gave the command to another worker');
    busSignal.addEventListener('abort', lostOnBus);
    this.#inHand.add(controller);
    if (this.#stopping) controller.abort(new Stopping('the process is stopping'));
    const ended = new AbortController();
    const beating = this.#keepBeating(run, ended.signal, logger);
    const budget = this.#watchBudget(definition.budgetMs, controller, ended.signal);
    try {
      if (controller.signal.aborted) throw controller.signal.reason;
      logger.info({ attempt: run.attempt }, 'run started');
      const context = state.run?.context;
      const completion = await this.#withinDrain(
        definition.handle(run, context, this.deps.services),
        controller.signal,
      );
      await run.complete(completion);
      logger.info({ attempt: run.attempt }, 'run completed');
      return DONE;
    } catch (error) {
      return await this.#settle(run, error, logger);
    } finally {
      ended.abort(OVER);
      this.#inHand.delete(controller);
      busSignal.removeEventListener('abort', lostOnBus);
      await budget;
      // A run's last sign is cleared away beside the next run's work: nothing depends on it.
      this.#clearing.add(beating);
      void beating.finally(() => this.#clearing.delete(beating));
    }
  }

  /** A handler that ignores its signal is not waited for longer than the drain limit. */
  async #withinDrain<T>(handled: Promise<T>, signal: AbortSignal): Promise<T> {
    let over: AbortController | undefined;
    let giveUp: () => void = () => undefined;
    const drained = new Promise<never>((_, reject) => {
      giveUp = async () => {
        over = new AbortController();
        await this.deps.clock.sleep(this.options.drainMs, over.signal);
        reject(signal.reason);
      };
    });
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    try {
      return await Promise.race([handled, drained]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      over?.abort(OVER);
      handled.catch(() => undefined);
      drained.catch(() => undefined);
    }
  }

  /** Writes down how a handler ended that didn't return. */
  async #settle(run: ClaimedRun, error: unknown, logger: Logger): Promise<Disposition> {
    const cause = run.signal.aborted ? run.signal.reason : error;
    try {
      if (run.end !== undefined || cause instanceof ClaimLostError) {
        logger.info('the claim was lost; somebody else carries the run on');
        return DONE;
      }
      if (cause instanceof Stopping) {
        await this.#handBack(run);
        return release(0);
      }
      if (isLogTrouble(cause) || isLogTrouble(run.trouble)) throw cause;
      const failure = runFailureOf(cause);
      logger.warn({ err: cause, reasonCode: failure.reasonCode }, 'run failed');
      await run.fail(failure.reasonCode, failure.reason);
      return DONE;
    } catch (settling) {
      if (settling instanceof ClaimLostError) return DONE;
      // Without the log nothing can be said; the run is offered again and goes on from what is recorded.
      logger.error({ err: settling }, 'the end of a run could not be written down');
      return release(NOT_MINE_DELAY_MS);
    }
  }

  /** Within the drain limit; after that the run is left as it is, and taken over from there. */
  async #handBack(run: ClaimedRun): Promise<void> {
    const over = new AbortController();
    void this.deps.clock.sleep(this.options.drainMs, over.signal).then(() => {
      if (!over.signal.aborted) run.abandon();
    });
    try {
      await run.release('The worker was told to stop.');
    } finally {
      over.abort(OVER);
    }
  }

  async #keepBeating(run: ClaimedRun, until: AbortSignal, logger: Logger): Promise<void> {
    const { tenantId, runId, attempt } = run;
    const { clock, liveness } = this.deps;
    // The claim itself is the first sign of life; a run that is over before the next one is due needs none.
    await clock.sleep(this.options.beatEveryMs, until);
    let leftASign = attempt > 1;
    while (!until.aborted) {
      leftASign = true;
      const sentMs = clock.monotonicMs();
      const noted = liveness.beat({ tenantId, runId, attempt, worker: this.options.name }).then(
        (answer) => {
          if (answer === 'superseded') run.lose('a later attempt has begun');
          else run.prolong(sentMs);
        },
        (error: unknown) => logger.warn({ err: error }, 'a sign of life could not be noted'),
      );
      // A connection that hangs must not silence the beats that come after it.
      await Promise.race([noted, clock.sleep(this.options.beatEveryMs, until)]);
      await clock.sleep(sentMs + this.options.beatEveryMs - clock.monotonicMs(), until);
    }
    if (leftASign && run.end === 'ended') await this.#forgetSigns(run);
  }

  async #forgetSigns({ tenantId, runId }: { readonly tenantId: string; readonly runId: string }) {
    try {
      await this.deps.liveness.forget(tenantId, runId);
    } catch (error) {
      this.deps.logger.warn({ err: error, tenantId, runId }, 'the last sign of life could not be removed');
    }
  }

  async #watchBudget(budgetMs: number, controller: AbortController, until: AbortSignal): Promise<void> {
    await this.deps.clock.sleep(budgetMs, until);
    if (!until.aborted)
      controller.abort(new BudgetSpent(`It took longer than ${Math.round(budgetMs / 60_000)} minutes.`));
  }
}

/** The reason code and sanitized reason of whatever a handler threw. */
function runFailureOf(error: unknown): { reasonCode: string; reason: string } {
  if (error instanceof BudgetSpent) return { reasonCode: 'budget_exceeded', reason: error.message };
  if (error instanceof RunFailure) return { reasonCode: error.reasonCode, reason: error.message };
  const { reason } = sanitizeFailure(error);
  return { reasonCode: error instanceof GraphError ? error.reasonCode : 'unexpected', reason };
}
