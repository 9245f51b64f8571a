/**
 * The port through which starts hand runs to workers. `in-process/` and `nats/` implement it.
 *
 * A command is only a hint: it may get lost, arrive twice, late or in another order. Everything in it can be found in
 * the log, so a handler must claim the run in the log before it does anything.
 *
 *     const consumption = bus.consume({ types, limits }, async (command, signal) => ({ kind: 'done' }));
 *     await bus.publish({ tenantId, type, runId, correlationId }, { timeoutMs: 2_000 });
 *     await consumption.stop();
 */

/** Asks any worker to carry out a run. It is small, because the worker reads the rest from the log. */
export interface RunCommand {
  readonly tenantId: string;
  /** Operation type, `resource.action`. */
  readonly type: string;
  readonly runId: string;
  /** Links log lines and events to the request that caused them. */
  readonly correlationId: string;
}

/** The bus didn't accept the command within the time limit; it may hold it nevertheless. */
export class BusUnavailableError extends Error {
  override readonly name = 'BusUnavailableError';
}

/**
 * What happens to a command after its handler has ended. `done` removes it. `release` makes it available to any
 * process again after `delayMs`. A handler that throws counts as `release`.
 */
export type Disposition = { readonly kind: 'done' } | { readonly kind: 'release'; readonly delayMs: number };

/** Carries out a command. The signal aborts when the bus closes and the handler takes too long. */
export type CommandHandler = (command: RunCommand, signal: AbortSignal) => Promise<Disposition>;

/** How many commands may be in hand at once. */
export interface ConsumeLimits {
  /** In this process. */
  readonly total: number;
  /** Of one tenant, in this process. */
  readonly perTenant: number;
  /** Of one operation type, in this process; `total` applies to types that are not named here. */
  readonly perType: Readonly<Record<string, number>>;
}

export interface ConsumeOptions {
  /** Only commands of these types; others are left to other processes. */
  readonly types: readonly string[];
  readonly limits: ConsumeLimits;
}

export interface Consumption {
  /**
   * Takes no commands until `resume`, and releases those that haven't begun; running handlers continue. Resolves when
   * other processes get the commands. May be called twice.
   */
  pause(): Promise<void>;
  resume(): void;
  /** Takes no more commands; resolves when all running handlers have ended and were settled. May be called twice. */
  stop(): Promise<void>;
}

export interface CommandBus {
  /**
   * Hands a command over. `already-queued` is a success: a command for this run is waiting or in hand already.
   * Errors: BusUnavailableError after `timeoutMs`, or at once when the bus refuses; ZodError for an id or a type
   * that no bus can carry.
   */
  publish(
    command: RunCommand,
    options: { readonly timeoutMs: number },
  ): Promise<'published' | 'already-queued'>;
  /**
   * Delivers commands to `handle` in a fair order: tenants take turns, so a tenant with a thousand commands delays
   * another tenant's single command by one slot at most. While a handler runs, its command is not delivered to
   * others. The handler's signal aborts when the bus closes and the handler takes longer than the limit. An outage of
   * the bus aborts no handler, because the log and not the bus decides who owns a run. Errors: RangeError for a type
   * that isn't `resource.action`, BusUnavailableError after the bus was closed.
   */
  consume(options: ConsumeOptions, handle: CommandHandler): Consumption;
  /** Whether the bus can be reached now, with a text for a status page. */
  health(): { readonly ok: boolean; readonly detail: string };
  /** Stops every consumption, aborts handlers that take too long, and disconnects. May be called twice. */
  close(): Promise<void>;
}
