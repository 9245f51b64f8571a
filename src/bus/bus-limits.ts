/** The limits that both adapters share. */

/** The most commands that a bus holds; it refuses further ones, and a refused start ends as `dispatch_failed`. */
export const WAITING_COMMANDS_MAX = 2_000_000;

/** How long a command waits after its handler threw. */
export const THROW_DELAY_MS = 5_000;

/** How long `close` lets handlers end by themselves before it aborts them. */
export const CLOSE_LIMIT_MS = 25_000;

/** How long `close` waits for handlers that it has aborted. */
export const CLOSE_GRACE_MS = 2_000;
