import pRetry from 'p-retry';
import type { Logger } from 'pino';
import {
  DatabaseUnavailableError,
  databaseTrouble,
  needsAPerson,
  PoolerRefusalError,
} from '../db/database-trouble.js';
import { isLogTrouble, LogUnavailableError } from '../ledger/event-log.js';

/** A server that the program needs, and the variable with its address. */
export interface AwaitedServer {
  readonly name: string;
  readonly variable: string;
  /** Whether others start and stop the server; the program doesn't wait for embedded servers. */
  readonly external: boolean;
}

export interface ServerWaits {
  /**
   * Resolves to the result of the work, which is retried while the server doesn't answer. Errors: the signal's
   * reason, as soon as it aborts; and errors that waiting can't solve, such as a wrong password.
   */
  until<Answer>(server: AwaitedServer, work: () => Promise<Answer>): Promise<Answer>;
}

/** For short commands, which a person can start again. */
export const NO_WAITS: ServerWaits = { until: (_server, work) => work() };

const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 5_000;

/**
 * Waits for servers that don't answer at the start, because containers and machines start in any order. Each
 * failed attempt is logged with the server and what to do; `onWaiting` gets the same as a sentence without
 * addresses.
 */
export function createServerWaits(deps: {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly onWaiting: (sentence: string) => Promise<void>;
}): ServerWaits {
  const { signal, logger, onWaiting } = deps;
  return {
    async until(server, work) {
      if (!server.external) return unlessAborted(signal, work());
      const sentence = `Waiting for ${server.name}, which does not answer.`;
      let looks = 0;
      const answer = await unlessAborted(
        signal,
        pRetry(work, {
          signal,
          retries: Number.POSITIVE_INFINITY,
          minTimeout: RETRY_FIRST_MS,
          maxTimeout: RETRY_LONGEST_MS,
          shouldRetry: ({ error }) => isAbsence(error),
          async onFailedAttempt({ error, attemptNumber }) {
            if (!isAbsence(error)) throw namingVariable(error, server);
            looks = attemptNumber;
            logger.warn(
              { reason: error.message, look: attemptNumber },
              `${sentence} Start it, or correct ${server.variable}; the program goes on by itself once it answers.`,
            );
            await onWaiting(sentence);
          },
        }),
      );
      if (looks > 0) logger.info({ looks }, `${server.name} answers`);
      return answer;
    },
  };
}

/**
 * An error with the name of the variable to check, for refusals of a server or the system, such as a wrong
 * password. The program's own messages name the variable themselves.
 */
function namingVariable(error: Error, { variable }: AwaitedServer): Error {
  const reason = error instanceof LogUnavailableError ? error.reason : 'code' in error && error.message;
  if (!reason) return error;
  return new Error(`${variable} can't be used as it is: ${reason.replace(/\.$/, '')}.`, { cause: error });
}

/** Settles as the promise does, or rejects with the signal's reason as soon as it aborts. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal });
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    over.abort();
  }
}

/** Error types of the event store's client for refusals that a retry would meet again. */
const REFUSALS = new Set(['access-denied', 'invalid-argument']);
/** Most causes of an error that are examined. */
const CAUSES_MAX = 8;

/** Whether an error means that a server isn't running (yet), so that waiting may help. */
export function isAbsence(error: unknown): boolean {
  let saysLogIsAway = false;
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth++) {
    if (cause instanceof PoolerRefusalError) return false;
    if ('type' in cause && REFUSALS.has(String(cause.type))) return false;
    if (isLogTrouble(cause)) saysLogIsAway = true;
    const trouble = cause instanceof DatabaseUnavailableError ? cause.trouble : databaseTrouble(cause);
    if (trouble) return !needsAPerson(trouble);
    cause = cause.cause;
  }
  return saysLogIsAway;
}
