/** Keeps one operation type's commands coming: ensures its consumer, pulls as there is room, begins again. */
import type { Msg } from 'nats';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import type { Wakeup } from '../../timing/wakeup.js';
import { natsErrorText } from './js-errors.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import { type PullEnd, pull } from './pull.js';
import { type BusNames, durableName } from './subjects.js';

const retryWaitMinMs = 100;
const retryWaitMaxMs = 5_000;

export interface PullerOptions {
  readonly link: NatsLink;
  readonly names: BusNames;
  readonly type: string;
  /** Makes stream and consumer where they are missing. */
  readonly ensure: (session: NatsSession) => Promise<void>;
  /** How many more commands may wait here. */
  readonly room: () => number;
  /** Woken when there may be more room. */
  readonly roomChanged: Wakeup;
  readonly onCommand: (session: NatsSession, message: Msg) => void;
  /** Says what is wrong, or `undefined` once all is well. */
  readonly report: (problem: string | undefined) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Puller {
  /** Pulls no more until `resume`; resolves when no pull is open. Whoever waits elsewhere is served then. */
  pause(): Promise<void>;
  resume(): void;
  /** Pulls no more; resolves when nothing more can arrive. Tolerates a second call. */
  stop(): Promise<void>;
}

export function startPuller(options: PullerOptions): Puller {
  const { link, clock, type } = options;
  const log = options.log.child({ type });
  const stopping = new AbortController();
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${options.names.stream}.${durableName(type)}`;
  let paused = false;
  /** The pull that is open, and how to end it early. */
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

  /** One session's worth of pulling. Answers whether it went well until the connection or we stopped. */
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
      const waitMs = failures === 0 ? 0 : Math.min(retryWaitMinMs * 2 ** (failures - 1), retryWaitMaxMs);
      if (waitMs > 0) await clock.sleep(waitMs, stopping.signal);
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
