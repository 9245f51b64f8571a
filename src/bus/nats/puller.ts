/**
 * Fetches one operation type's commands: ensures the consumer, pulls while there is room, and starts again after
 * errors.
 */
import type { Msg } from 'nats';
import type { Logger } from 'pino';
import type { Chance, Clock } from '../../clock.js';
import { type Backoff, backoffMs } from '../../timing/backoff.js';
import type { Wakeup } from '../../timing/wakeup.js';
import { natsErrorText } from './js-errors.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import { type PullEnd, pull } from './pull.js';
import { type BusNames, durableName } from './subjects.js';

const RETRY_WAITS: Backoff = { firstMs: 100, longestMs: 5_000 };

export interface PullerOptions {
  readonly link: NatsLink;
  readonly names: BusNames;
  readonly type: string;
  /** Creates the stream and the consumer if they are missing. */
  readonly ensure: (session: NatsSession) => Promise<void>;
  /** How many more commands may wait here. */
  readonly room: () => number;
  /** Notified when there may be more room. */
  readonly roomChanged: Wakeup;
  readonly onCommand: (session: NatsSession, message: Msg) => void;
  /** Reports a problem, or `undefined` when there is none any more. */
  readonly report: (problem: string | undefined) => void;
  readonly clock: Clock;
  readonly chance: Pick<Chance, 'fraction'>;
  readonly log: Logger;
}

export interface Puller {
  /** Stops pulling until `resume`; resolves when no pull is open, so that other processes get the commands. */
  pause(): Promise<void>;
  resume(): void;
  /** Stops pulling; resolves when no more commands can arrive. May be called twice. */
  stop(): Promise<void>;
}

/** Pulls the commands of one type, as many as there is room for, until it is stopped. */
export function startPuller(options: PullerOptions): Puller {
  const { link, clock, chance, type } = options;
  const log = options.log.child({ type });
  const stopping = new AbortController();
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${options.names.stream}.${durableName(type)}`;
  let paused = false;
  /** The open pull, and the controller that ends it early. */
  let open: { readonly ended: Promise<PullEnd>; readonly end: AbortController } | undefined;

  async function pullOnce(session: NatsSession, batch: number): Promise<PullEnd> {
    const end = new AbortController();
    const onCommand = (message: Msg) => options.onCommand(session, message);
    const ended = pull({ session, subject, batch, onCommand, stopping: end.signal, clock });
    open = { ended, end };
    try {
      return await ended;
    } finally {
      open = undefined;
    }
  }

  async function pullWhile(session: NatsSession): Promise<PullEnd> {
    while (!stopping.signal.aborted) {
      const batch = paused ? 0 : options.room();
      if (batch > 0) {
        const end = await pullOnce(session, batch);
        if (end !== 'over' && end !== 'stopped') return end;
      } else {
        await options.roomChanged.wait(stopping.signal);
        if (session.lost.aborted) return 'lost';
      }
    }
    return 'stopped';
  }

  /** Pulls during one session. Returns false after an error, so that the next try waits longer. */
  async function serve(session: NatsSession): Promise<boolean> {
    try {
      await options.ensure(session);
      options.report(undefined);
      const end = await pullWhile(session);
      if (end === 'lost' || end === 'stopped') return true;
      log.warn({ end }, 'pulling commands was interrupted');
      return end === 'silent';
    } catch (error) {
      if (session.lost.aborted || stopping.signal.aborted) return true;
      const problem = `commands of ${type} can't be fetched: ${natsErrorText(error)}`;
      options.report(problem);
      log.warn({ error: natsErrorText(error) }, 'commands can not be fetched, trying again');
      return false;
    }
  }

  async function endOpenPull(): Promise<void> {
    open?.end.abort();
    await open?.ended;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (true) {
      const session = await link.whenConnected(stopping.signal);
      if (session === undefined) break;
      failures = (await serve(session)) ? 0 : failures + 1;
      if (failures > 0) await clock.sleep(backoffMs(RETRY_WAITS, failures - 1, chance), stopping.signal);
    }
    options.report(undefined);
  }

  const stopped = run();
  return {
    pause() {
      paused = true;
      return endOpenPull();
    },
    resume() {
      paused = false;
      options.roomChanged.notify();
    },
    async stop() {
      stopping.abort();
      await endOpenPull();
      await stopped;
    },
  };
}
