import type { Clock } from '../../clock.js';
import { BusUnavailableError, type RunCommand } from '../command-bus.js';
import { encodeCommand } from '../command-codec.js';
import {
  isNoResponders,
  isRefusal,
  isStoreGone,
  isSubjectTaken,
  isUnready,
  natsErrorText,
} from './js-errors.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import { type BusNames, commandSubject } from './subjects.js';

/**
 * After this time without an answer the command is sent again; that is harmless, because the stream takes a subject
 * only once.
 */
const ATTEMPT_TIMEOUT_MS = 2_000;
const RETRY_WAIT_MS = 100;

export interface NatsPublisherOptions {
  readonly link: NatsLink;
  readonly names: BusNames;
  readonly clock: Clock;
  /** Creates the stream if it is missing; costs nothing when it is known to exist. */
  readonly ensureStream: (session: NatsSession) => Promise<void>;
  /** Called when the stream doesn't exist any more. */
  readonly onStreamMissing: (session: NatsSession) => void;
  /** Called when the stream's files don't exist any more. */
  readonly replaceStream: (session: NatsSession) => Promise<void>;
  /** Reports why commands are refused, or `undefined` when they are accepted. */
  readonly report: (problem: string | undefined) => void;
}

type Outcome = 'published' | 'already-queued';

/**
 * Sends commands to the stream. Nothing is buffered without a connection, so no command is sent after its caller gave
 * up.
 */
export function createNatsPublisher(options: NatsPublisherOptions) {
  const { link, names, clock } = options;

  async function attempt(session: NatsSession, command: RunCommand, timeoutMs: number): Promise<Outcome> {
    await options.ensureStream(session);
    if (session.lost.aborted) throw new BusUnavailableError('the connection to NATS was lost');
    try {
      await session.js.publish(commandSubject(names, command), encodeCommand(command), {
        timeout: timeoutMs,
      });
      return 'published';
    } catch (error) {
      if (isSubjectTaken(error)) return 'already-queued';
      if (isNoResponders(error)) options.onStreamMissing(session);
      if (!isStoreGone(error)) throw error;
      await options.replaceStream(session);
      throw new BusUnavailableError(natsErrorText(error));
    }
  }

  /**
   * Tries until the stream takes the command; `noteTrouble` is called with why a try failed. Errors:
   * BusUnavailableError when the time is over or the stream refuses.
   */
  async function publishUntil(
    overdue: AbortSignal,
    deadlineMs: number,
    command: RunCommand,
    noteTrouble: (why: string) => void,
  ): Promise<Outcome> {
    while (true) {
      const session = await link.whenConnected(overdue);
      if (session === undefined) throw new BusUnavailableError('the command was not taken in time');
      try {
        const leftMs = Math.max(1, deadlineMs - clock.monotonicMs());
        const outcome = await attempt(session, command, Math.min(leftMs, ATTEMPT_TIMEOUT_MS));
        options.report(undefined);
        return outcome;
      } catch (error) {
        if (isRefusal(error)) {
          options.report(`NATS takes no commands: ${natsErrorText(error)}`);
          throw new BusUnavailableError(`NATS refused: ${natsErrorText(error)}`);
        }
        const why = isUnready(error)
          ? `NATS can’t take commands just now: ${natsErrorText(error)}`
          : natsErrorText(error);
        if (isUnready(error)) options.report(why);
        noteTrouble(why);
      }
      await clock.sleep(RETRY_WAIT_MS, overdue);
    }
  }

  return async (command: RunCommand, timeoutMs: number): Promise<Outcome> => {
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const overdue = new AbortController();
    const settled = new AbortController();
    let trouble: string | undefined;
    const timeout = clock.sleep(timeoutMs, settled.signal).then((): never => {
      overdue.abort();
      const { ok, detail } = link.health();
      const why = ok ? (trouble ?? detail) : detail;
      throw new BusUnavailableError(`NATS did not take the command within ${timeoutMs} ms: ${why}`);
    });
    const published = publishUntil(overdue.signal, deadlineMs, command, (why) => {
      trouble = why;
    });
    try {
      return await Promise.race([published, timeout]);
    } finally {
      settled.abort();
    }
  };
}
