import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { CommandBus, ConsumeLimits, Consumption, Disposition, RunCommand } from '../bus/command-bus.js';
import { isLogTrouble } from '../ledger/event-log.js';
import { keepBeating } from '../liveness/signs-of-life.js';
import { RunBudgetSpent } from '../operations/budgets.js';
import type { OperationServices } from '../operations/operation-services.js';
import { ClaimLostError } from '../operations/run-failure.js';
import type { RunHandle } from '../operations/run-handle.js';
import { takeoverAfterMs } from '../operations/takeover-after.js';
import { latestRun } from '../runs/run-state.js';
import { parseRunId, streamOfRun } from '../runs/run-streams.js';
import { endedWithin } from '../timing/ended-within.js';
import { later } from '../timing/later.js';
import { type ClaimDependencies, type ClaimResult, claimRun } from './claim-run.js';
import { ClaimedRun } from './claimed-run.js';
import type { OpenGraphWriter } from './effect-sending.js';
import { failureOf } from './failure-of.js';
import { OUTCOME_BATCH_LIMITS, type OutcomeBatchLimits } from './outcome-batch.js';
import { createRetryDelays } from './retry-delays.js';
import { createStandBack, type StandBack } from './stand-back.js';

export interface WorkerOptions {
  /** Unique among running workers; shown on the run's page. */
  readonly name: string;
  readonly limits: ConsumeLimits;
  /** The time between two signs of life, milliseconds. */
  readonly beatEveryMs: number;
  /** A run may be taken over when its last sign of life is older than this, milliseconds. */
  readonly lostAfterMs: number;
  /**
   * How long a handler may take to end after its signal aborted, and then how long recording its state may take,
   * milliseconds. `stop` takes twice as long at most.
   */
  readonly drainMs: number;
  /** `OUTCOME_BATCH_LIMITS` by default. */
  readonly batch?: OutcomeBatchLimits;
}

export interface WorkerDependencies extends ClaimDependencies {
  readonly bus: CommandBus;
  /** The services of a run's handler. */
  readonly servicesOf: (run: Pick<RunHandle, 'signal'>) => OperationServices;
  /** Opens the client that a run's effects write to the tenant with. */
  readonly openGraphWriter: OpenGraphWriter;
}

/** The delay before a run is offered again when this worker can't carry it out or couldn't record its end. */
const OFFERED_AGAIN_AFTER_MS = 5_000;
/** Ends a wait. Giving a reason avoids creating an AbortError that nobody sees. */
const OVER = 'over';
const DONE: Disposition = { kind: 'done' };
const release = (delayMs: number): Disposition => ({ kind: 'release', delayMs });

type Claimed = Extract<ClaimResult, { kind: 'claimed' }>;

/** The handler's signal aborted because the process stops. */
class Stopping extends Error {
  override readonly name = 'Stopping';
}

/**
 * Carries out runs: takes commands from the bus, claims the runs in the log, sends signs of life for them and records
 * what their handlers do.
 *
 * - Only the claim decides who may write to a run. A command for a run that another worker holds is released, and one
 *   for a run that has ended is removed.
 * - A handler may be started again after a crash, in another process. It must skip the items in `run.recorded` and
 *   change the tenant only by `run.effect`.
 * - A stop aborts the handlers and hands their runs back, so that other workers continue them.
 */
export class Worker {
  /** The runs that are being carried out, each with the controller that aborts its handler. */
  readonly #inHand = new Map<ClaimedRun, AbortController>();
  readonly #retries = createRetryDelays();
  /** Ended runs whose last sign of life is being cleared. */
  readonly #signRemovals = new Set<Promise<void>>();
  #consumption: Consumption | undefined;
  #standBack: StandBack | undefined;
  /** Aborts when a stopping worker no longer waits for claims. */
  #claiming = new AbortController();
  #stopping = false;

  constructor(
    private readonly deps: WorkerDependencies,
    private readonly options: WorkerOptions,
  ) {}

  start(): void {
    if (this.#consumption) return;
    this.#stopping = false;
    this.#claiming = new AbortController();
    // Each claim that is being appended listens to it.
    setMaxListeners(this.options.limits.total, this.#claiming.signal);
    this.#consumption = this.deps.bus.consume(
      { types: [...this.deps.operations.keys()], limits: this.options.limits },
      (command, signal) => this.#deliver(command, signal),
    );
    this.#standBack = createStandBack({ ...this.deps, consumption: this.#consumption });
  }

  /** Takes no more runs, tells the handlers to end and hands back unfinished runs; resolves within the drain limit. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#standBack?.stop();
    const stopped = this.#consumption?.stop();
    for (const controller of this.#inHand.values()) controller.abort(new Stopping('the process is stopping'));
    const { clock, logger } = this.deps;
    const { drainMs } = this.options;
    const cancels = [
      later(clock, drainMs, () => this.#claiming.abort(OVER)),
      // Stops waiting for a log that is away; another worker takes over each run from what the log has.
      later(clock, 2 * drainMs, () => {
        for (const run of this.#inHand.keys()) {
          logger.warn({ runId: run.runId }, 'a run was left as it is, because the log does not answer');
          run.abandon();
        }
      }),
    ];
    await stopped;
    for (const cancel of cancels) cancel();
    this.#consumption = undefined;
    await endedWithin(this.deps.clock, Promise.all(this.#signRemovals), this.options.drainMs);
  }

  /** The number of runs that are being carried out. */
  get busy(): number {
    return this.#inHand.size;
  }

  async #deliver(command: RunCommand, busSignal: AbortSignal): Promise<Disposition> {
    const logger = this.deps.logger.child({
      runId: command.runId,
      tenantId: command.tenantId,
      type: command.type,
      correlationId: command.correlationId,
    });
    if (this.#stopping) return release(0);
    if (!this.deps.operations.has(command.type)) return release(OFFERED_AGAIN_AFTER_MS);
    const named = parseRunId(command.runId);
    if (!named) {
      logger.error('a command names no run; it is removed');
      return DONE;
    }
    try {
      const { name: worker, lostAfterMs } = this.options;
      const { signal } = this.#claiming;
      const claim = await claimRun(this.deps, { worker, lostAfterMs, signal }, command, named.startRevision);
      this.#retries.forget(command.runId);
      switch (claim.kind) {
        case 'claimed':
          return await this.#work(claim, command.tenantId, busSignal, logger);
        case 'held':
          return release(claim.forMs);
        case 'not-ours':
          return release(OFFERED_AGAIN_AFTER_MS);
        case 'over':
          return DONE;
      }
    } catch (error) {
      if (isLogTrouble(error)) this.#standBack?.logFailed();
      const { delayMs, isFirst } = this.#retries.after(command.runId, error);
      const level = isFirst ? 'error' : 'debug';
      logger[level]({ err: error, delayMs }, 'a command could not be carried out; it is given back');
      return release(delayMs);
    }
  }

  async #work(
    claim: Claimed,
    tenantId: string,
    busSignal: AbortSignal,
    logger: Logger,
  ): Promise<Disposition> {
    const { state, definition } = claim;
    const controller = new AbortController();
    const run = this.#runOf(claim, tenantId, controller);
    const loseOnBus = () => run.lose('the bus gave the command to another worker');
    busSignal.addEventListener('abort', loseOnBus);
    this.#inHand.set(run, controller);
    if (this.#stopping) controller.abort(new Stopping('the process is stopping'));
    const { name: worker, beatEveryMs: everyMs } = this.options;
    const beating = keepBeating(this.deps, run, { worker, everyMs });
    const { budgetMs } = definition;
    const cancelBudget = later(this.deps.clock, budgetMs, () =>
      controller.abort(new RunBudgetSpent(budgetMs)),
    );
    try {
      if (controller.signal.aborted) throw controller.signal.reason;
      logger.info({ attempt: run.attempt }, 'run started');
      const context = definition.contextOf(latestRun(state));
      const completion = await this.#withinDrain(
        definition.handle(run, context, this.deps.servicesOf(run)),
        controller.signal,
      );
      await run.complete(completion);
      logger.info({ attempt: run.attempt }, 'run completed');
      return DONE;
    } catch (error) {
      return await this.#settle(run, error, logger);
    } finally {
      cancelBudget();
      this.#inHand.delete(run);
      busSignal.removeEventListener('abort', loseOnBus);
      // Clears the run's last sign of life while the next run already begins, because nothing depends on it.
      const cleared = beating.stop();
      this.#signRemovals.add(cleared);
      void cleared.finally(() => this.#signRemovals.delete(cleared));
    }
  }

  #runOf(
    { state, definition, claimedMs }: Claimed,
    tenantId: string,
    controller: AbortController,
  ): ClaimedRun {
    const { ledger, clock, openGraphWriter } = this.deps;
    const { name: worker, lostAfterMs, batch: limits = OUTCOME_BATCH_LIMITS } = this.options;
    return new ClaimedRun(
      {
        ledger,
        clock,
        openGraphWriter,
        definition,
        stream: streamOfRun(tenantId, latestRun(state).runId),
        tenantId,
        worker,
        limits,
        controller,
        claimedMs,
        lostAfterMs: takeoverAfterMs(lostAfterMs, definition),
      },
      state,
    );
  }

  /** Stops waiting for a handler that ignores its signal when the drain limit is over. */
  async #withinDrain<T>(handled: Promise<T>, signal: AbortSignal): Promise<T> {
    let cancelTimer: () => void = () => undefined;
    let giveUp: () => void = () => undefined;
    const drained = new Promise<never>((_, reject) => {
      giveUp = () => {
        cancelTimer = later(this.deps.clock, this.options.drainMs, () => reject(signal.reason));
      };
    });
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    try {
      return await Promise.race([handled, drained]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      cancelTimer();
      handled.catch(() => undefined);
    }
  }

  /** Records the end of a run whose handler threw or didn't return in time. */
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
      if (isLogTrouble(cause) || isLogTrouble(run.error)) throw cause;
      const failure = failureOf(cause);
      logger.warn({ err: cause, reasonCode: failure.reasonCode }, 'run failed');
      await run.fail(failure.reasonCode, failure.reason);
      return DONE;
    } catch (recordingError) {
      if (recordingError instanceof ClaimLostError) return DONE;
      if (isLogTrouble(recordingError)) this.#standBack?.logFailed();
      // Nothing can be recorded without the log; the run is offered again and goes on from its recorded state.
      logger.error({ err: recordingError }, 'the end of a run could not be written down');
      return release(OFFERED_AGAIN_AFTER_MS);
    }
  }

  /** Hands the run back within the drain limit; after that it is left as it is, for another worker to take over. */
  async #handBack(run: ClaimedRun): Promise<void> {
    const cancelTimer = later(this.deps.clock, this.options.drainMs, () => run.abandon());
    try {
      await run.release('The worker was told to stop.');
    } finally {
      cancelTimer();
    }
  }
}
