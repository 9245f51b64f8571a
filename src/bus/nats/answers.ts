/** Tells the server the results of commands, over the session that is connected at that moment. */
import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import type { HeldCommand } from '../handler-pool.js';
import { confirmDone } from './acks.js';
import { natsErrorText } from './js-errors.js';
import type { NatsLink, NatsSession } from './nats-link.js';

/** How often it tries to report a command as done. If all fail, the command is delivered once more. */
const DONE_ATTEMPTS = 3;
const DONE_TIMEOUT_MS = 2_000;

export interface Answerable extends HeldCommand {
  /** The subject to answer to. It is read again for each try, because a later delivery of the command changes it. */
  readonly reply: string;
}

export interface Answers {
  /** Reports a command as done and waits for the server's confirmation. Gives up after a few tries; never rejects. */
  done(command: Answerable): Promise<void>;
  /** Sends an answer that may get lost; the command is then delivered again after the ack wait. */
  send(command: Answerable, send: (session: NatsSession) => void): void;
}

/** Answers the server for commands, over whichever connection is there when the answer is due. */
export function createAnswers(options: {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly log: Logger;
}): Answers {
  const { link, clock, log } = options;

  async function sessionWithin(limitMs: number): Promise<NatsSession | undefined> {
    const standing = link.current();
    if (standing !== undefined) return standing;
    const overdue = new AbortController();
    const settled = new AbortController();
    void clock.sleep(limitMs, settled.signal).then(() => overdue.abort());
    const session = await link.whenConnected(overdue.signal);
    settled.abort();
    return session;
  }

  return {
    async done(answerable) {
      const { runId } = answerable.command;
      for (let attempt = 1; attempt <= DONE_ATTEMPTS; attempt += 1) {
        try {
          const session = await sessionWithin(DONE_TIMEOUT_MS);
          if (session !== undefined) return await confirmDone(session, answerable.reply, DONE_TIMEOUT_MS);
        } catch (error) {
          log.warn({ runId, attempt, error: natsErrorText(error) }, 'done was not confirmed');
        }
      }
      log.warn({ runId }, 'a command that is done will be delivered once more');
    },
    send({ command }, send) {
      const session = link.current();
      if (session === undefined) return;
      try {
        send(session);
      } catch (error) {
        log.warn({ runId: command.runId, error: natsErrorText(error) }, 'an answer was not sent');
      }
    },
  };
}
