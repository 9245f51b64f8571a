/** The limits that both adapters share, and the defaults of their options. */

/** The most commands that a bus holds; it refuses further ones, and a refused start ends as `dispatch_failed`. */
export const WAITING_COMMANDS_MAX = 2_000_000;

/** The times of a bus, in milliseconds. Each adapter takes them as options. */
export interface BusTimes {
  /** How long a command waits after its handler threw. */
  readonly throwDelayMs: number;
  /** How long `close` lets handlers end by themselves before it aborts them. */
  readonly closeLimitMs: number;
  /** How long `close` waits for handlers that it has aborted. */
  readonly closeGraceMs: number;
}

export const BUS_TIMES: BusTimes = { throwDelayMs: 5_000, closeLimitMs: 25_000, closeGraceMs: 2_000 };
