import pRetry from 'p-retry';
import type { Logger } from 'pino';
import { DatabaseUnavailableError, PoolerRefusalError, troubleOf } from '../db/database-trouble.js';
import { isLogTrouble } from '../ledger/event-log.js';

/** A server that the program stands on, and where its address was configured. */
export interface AwaitedServer {
  readonly name: string;
  readonly variable: string;
  /** Whether it is started and stopped by others; one of the program's own is not waited for. */
  readonly external: boolean;
}

export interface ServerWaits {
  /**
   * Resolves with what the work answers, trying it again for as long as a server doesn't answer. Errors: the
   * signal's reason, at once when it aborts; and whatever waiting can't mend, such as a wrong password.
   */
  until<Answer>(server: AwaitedServer, work: () => Promise<Answer>): Promise<Answer>;
}

/** For a command that is over soon: whoever typed it starts it again. */
export const NO_WAITS: ServerWaits = { until: (_server, work) => work() };

const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 5_000;

/**
 * Waits for servers that are absent at the start: containers and machines come up in any order. Each failed look
 * is logged with what is awaited and what to do; `onWaiting` is told the same in a sentence without addresses.
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
 * What a server or the system refused, with the variable that says where: a password, a database, a certificate.
 * Sentences of the program's own name what they are about.
 */
function namingVariable(error: Error, { variable }: AwaitedServer): Error {
  if (!('code' in error)) return error;
  return new Error(`${variable} can't be used as it is: ${error.message}.`, { cause: error });
}

/** What a promise comes to, or the signal's reason as soon as it aborts. */
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

/** What the event store's client calls a refusal that the same request would meet again. */
const REFUSALS = new Set(['access-denied', 'invalid-argument']);
/** Causes looked at behind an error. */
const CAUSES_MAX = 8;

/** Whether an error says that a server isn't there (yet), which waiting may mend. */
export function isAbsence(error: unknown): boolean {
  let saysLogIsAway = false;
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth++) {
    if (cause instanceof PoolerRefusalError) return false;
    if ('type' in cause && REFUSALS.has(String(cause.type))) return false;
    if (isLogTrouble(cause)) saysLogIsAway = true;
    if (cause instanceof DatabaseUnavailableError || troubleOf(cause)) return true;
    cause = cause.cause;
  }
  return saysLogIsAway;
}
