/**
 * The port between those who start runs and those who carry them out. A command is a hint, never truth: it
 * may be lost, doubled, late or out of order, and everything in it can be recomputed from the log.
 */

/** "Somebody, carry this run out." Small on purpose: the worker reads the rest from the log. */
export interface RunCommand {
  readonly tenantId: string;
  /** Operation type, `resource.action`. */
  readonly type: string;
  readonly runId: string;
  /** Ties log lines and events back to the request that asked. */
  readonly correlationId: string;
}

/** The bus didn't take the command within the time allowed; whether it holds it is unknown. */
export class BusUnavailableError extends Error {
  override readonly name = 'BusUnavailableError';
}

/**
 * What becomes of a delivery once its handler ends: `done` removes the command; `release` gives it back, to be
 * delivered again after `delayMs` (to anybody); a handler that throws counts as `release`.
 */
export type Disposition = { readonly kind: 'done' } | { readonly kind: 'release'; readonly delayMs: number };

/** Carries out a command; the signal tells that the bus has given it to somebody else. */
export type CommandHandler = (command: RunCommand, signal: AbortSignal) => Promise<Disposition>;

/** How many commands may be in hand at once. */
export interface ConsumeLimits {
  /** In this process. */
  readonly total: number;
  /** Of one tenant, in this process. */
  readonly perTenant: number;
  /** Of one operation type, in this process; types not named here have `total`. */
  readonly perType: Readonly<Record<string, number>>;
}

export interface ConsumeOptions {
  /** Only commands of these types; others are left to other processes. */
  readonly types: readonly string[];
  readonly limits: ConsumeLimits;
}

export interface Consumption {
  /** Takes no more; resolves when every handler in hand has ended and been settled. Tolerates a second call. */
  stop(): Promise<void>;
}

export interface CommandBus {
  /**
   * Hands a command over. `already-queued`: a command for this run is waiting or in hand; that is success.
   * Errors: BusUnavailableError after `timeoutMs`, or at once when the bus refuses; ZodError for an id or a type
   * that no bus can carry.
   */
  publish(
    command: RunCommand,
    options: { readonly timeoutMs: number },
  ): Promise<'published' | 'already-queued'>;
  /**
   * Delivers commands to `handle`, fairly: tenants take turns, so a tenant with a thousand commands delays
   * another tenant's one by no more than a slot. While a handler runs, its command is kept alive (it is not
   * delivered to others). The handler's signal aborts when the bus closes and the handler outlasts its limit. An
   * outage of the bus aborts nobody: who owns a run is decided in the log, not by who holds its command.
   * Errors: RangeError for a type that isn't `resource.action`, BusUnavailableError once closed.
   */
  consume(options: ConsumeOptions, handle: CommandHandler): Consumption;
  /** Whether the bus is reachable now, in words fit for a status page when it isn't. */
  health(): { readonly ok: boolean; readonly detail: string };
  /** Stops every consumption, aborts what outlasts the limit, and lets go. Tolerates a second call. */
  close(): Promise<void>;
}
