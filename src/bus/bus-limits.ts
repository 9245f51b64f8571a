/** The limits that both adapters share. */

/** The most commands that a bus holds; it refuses further ones, and a refused start ends as `dispatch_failed`. */
export const waitingCommandsMax = 2_000_000;

/** How long a command waits after its handler threw. */
export const throwDelayMs = 5_000;

/** How long `close` lets handlers end by themselves before it aborts them. */
export const closeLimitMs = 25_000;

/** How long `close` waits for handlers that it has aborted. */
export const closeGraceMs = 2_000;
