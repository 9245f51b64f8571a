import type { Clock } from '../../clock.js';
import { BusUnavailableError, type RunCommand } from '../command-bus.js';
import { encodeCommand } from '../command-codec.js';
import { isNoResponders, isRefusal, isStoreGone, isSubjectTaken, natsErrorText } from './js-errors.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import { type BusNames, commandSubject } from './subjects.js';

/** An answer that takes longer is asked for again; the stream takes a subject once, so that costs nothing. */
const attemptTimeoutMs = 2_000;
const retryWaitMs = 100;

export interface NatsPublisherOptions {
  readonly link: NatsLink;
  readonly names: BusNames;
  readonly clock: Clock;
  /** Makes the stream where it is missing; cheap when it is known to be there. */
  readonly ensureStream: (session: NatsSession) => Promise<void>;
  /** The stream turned out to be gone. */
  readonly onStreamMissing: (session: NatsSession) => void;
  /** The stream's files turned out to be gone. */
  readonly replaceStream: (session: NatsSession) => Promise<void>;
  /** Says why commands are refused, or `undefined` when they are taken. */
  readonly report: (problem: string | undefined) => void;
}

type Outcome = 'published' | 'already-queued';

/** Hands commands to the stream. Nothing is sent while there is no connection, so nothing surfaces later. */
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

  /** Errors: BusUnavailableError when the time is over or the stream refuses. */
  async function publishUntil(
    overdue: AbortSignal,
    deadlineMs: number,
    command: RunCommand,
  ): Promise<Outcome> {
    let last = () => link.health().detail;
    while (true) {
      const session = await link.whenConnected(overdue);
      if (session === undefined)
        throw new BusUnavailableError(`the command was not taken in time: ${last()}`);
      try {
        const leftMs = Math.max(1, deadlineMs - clock.monotonicMs());
        const outcome = await attempt(session, command, Math.min(leftMs, attemptTimeoutMs));
        options.report(undefined);
        return outcome;
      } catch (error) {
        if (isRefusal(error)) {
          options.report(`NATS takes no commands: ${natsErrorText(error)}`);
          throw new BusUnavailableError(`NATS refused: ${natsErrorText(error)}`);
        }
        last = () => natsErrorText(error);
      }
      await clock.sleep(retryWaitMs, overdue);
    }
  }

  return async (command: RunCommand, timeoutMs: number): Promise<Outcome> => {
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const overdue = new AbortController();
    const settled = new AbortController();
    const timeout = clock.sleep(timeoutMs, settled.signal).then((): never => {
      overdue.abort();
      throw new BusUnavailableError(`NATS did not answer within ${timeoutMs} ms: ${link.health().detail}`);
    });
    try {
      return await Promise.race([publishUntil(overdue.signal, deadlineMs, command), timeout]);
    } finally {
      settled.abort();
    }
  };
}
