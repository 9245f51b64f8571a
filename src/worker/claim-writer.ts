import { appendDecided } from '../ledger/append-decided.js';
import type { Ledger } from '../ledger/ledger.js';
import { RunFailure } from '../operations/run-failure.js';
import { type Claim, decide, type OperationCommand } from '../runs/decider.js';
import { readOperation } from '../runs/read-operation.js';
import { contextOf, evolve, latestRun, type OperationState, type RunState } from '../runs/run-state.js';
import type { ClaimCertainty } from './claim-certainty.js';

type ClaimedCommand = Extract<OperationCommand, { readonly claim: Claim }>;
/** A command without its claim; the writer adds that. */
export type UnclaimedCommand = ClaimedCommand extends infer C
  ? C extends ClaimedCommand
    ? Omit<C, 'claim'>
    : never
  : never;

/** The largest number of appends that may wait; a handler that causes more writes too much. */
const COMMANDS_WAITING_MAX = 64;

/** Appends the commands of one attempt to its run, one after another, each fenced by the attempt. */
export class ClaimWriter {
  #state: OperationState;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #abandoned = new AbortController();
  readonly #claim: Claim;

  constructor(
    private readonly deps: {
      readonly ledger: Ledger;
      readonly stream: string;
      readonly tenantId: string;
      readonly worker: string;
      readonly certainty: ClaimCertainty;
      /** Throws when nothing may be written any more. */
      readonly assertHeld: () => void;
      /** Called when the log shows that the claim is lost. */
      readonly onLost: () => void;
    },
    state: OperationState,
  ) {
    this.#state = state;
    const { runId, attempt } = latestRun(state);
    this.#claim = { runId, attempt };
  }

  /** The run's state after the last append. */
  get run(): RunState {
    return latestRun(this.#state);
  }

  /** Aborts when answers are no longer waited for. */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal;
  }

  /** Stops waiting for answers: an append without an answer rejects, and its outcome stays unknown. */
  abandon(): void {
    this.#abandoned.abort();
  }

  /** Resolves when no append is under way. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  /**
   * Decides a command on the state after the previous append and appends the result. Errors: ClaimLostError, those
   * of the ledger.
   */
  async write(command: UnclaimedCommand): Promise<void> {
    if (this.#waiting >= COMMANDS_WAITING_MAX)
      throw flooded(`More than ${COMMANDS_WAITING_MAX} appends of the run wait for their turn.`);
    this.#waiting += 1;
    const before = this.#queue;
    const done = (async () => {
      await before;
      await this.#append({ ...command, claim: this.#claim } as ClaimedCommand);
    })();
    this.#queue = done.catch(() => undefined);
    try {
      await done;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #append(command: ClaimedCommand): Promise<void> {
    const { ledger, stream, tenantId, worker, certainty, assertHeld, onLost } = this.deps;
    let unconfirmedUntilMs: number | undefined;
    const written = await appendDecided(ledger, stream, {
      known: this.#state,
      // Somebody else appended, to take over the run or to end it; deciding on the new state shows which.
      read: async () => {
        this.#state = await readOperation(ledger, stream);
        return this.#state;
      },
      decide: (state) => {
        assertHeld();
        unconfirmedUntilMs = certainty.unconfirmedUntilMs;
        const decision = decide(state, command);
        if (decision.kind !== 'append') return { answer: decision };
        const actor = { kind: 'worker', id: worker } as const;
        const { attempt } = this.#claim;
        return {
          events: decision.events,
          context: contextOf(latestRun(state), { tenantId, attempt, actor }),
        };
      },
      options: { signal: this.#abandoned.signal },
    });
    if ('appended' in written) {
      this.#state = written.appended.events.reduce(evolve, written.before);
      certainty.shown(unconfirmedUntilMs);
      return;
    }
    const { answer } = written;
    if (answer.kind === 'nothing' && answer.because === 'already_done') return;
    onLost();
    assertHeld();
  }
}

/** The failure of a handler that writes too much. */
export const flooded = (what: string): RunFailure => new RunFailure('unexpected', what);
