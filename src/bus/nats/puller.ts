/** Keeps one operation type's commands coming: ensures its consumer, pulls as there is room, begins again. */
import { createInbox, type Msg } from 'nats';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import { endedWithin } from '../close-within.js';
import { errorText } from '../error-text.js';
import type { Wakeup } from '../wakeup.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import { openPullChannel, type PullEnd } from './pull.js';
import { type BusNames, durableName } from './subjects.js';

const pullExpiresMs = 30_000;
const heartbeatMs = 5_000;
const retryWaitMinMs = 100;
const retryWaitMaxMs = 5_000;
const drainLimitMs = 2_000;

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
  /** Pulls no more; resolves when nothing more can arrive. Tolerates a second call. */
  stop(): Promise<void>;
}

export function startPuller(options: PullerOptions): Puller {
  const { link, clock, type } = options;
  const log = options.log.child({ type });
  const stopping = new AbortController();

  async function pullWhile(session: NatsSession): Promise<PullEnd> {
    const channel = openPullChannel({
      session,
      subject: `$JS.API.CONSUMER.MSG.NEXT.${options.names.stream}.${durableName(type)}`,
      inbox: createInbox(),
      onCommand: (message) => options.onCommand(session, message),
      expiresMs: pullExpiresMs,
      heartbeatMs,
      clock,
    });
    try {
      return await pullRepeatedly(session, (batch) => channel.pull(batch, stopping.signal));
    } finally {
      await endedWithin(clock, channel.close(), drainLimitMs);
    }
  }

  async function pullRepeatedly(
    session: NatsSession,
    pull: (batch: number) => Promise<PullEnd>,
  ): Promise<PullEnd> {
    while (!stopping.signal.aborted) {
      const batch = options.room();
      if (batch <= 0) {
        await options.roomChanged.wait(stopping.signal);
        if (session.lost.aborted) return 'lost';
        continue;
      }
      const end = await pull(batch);
      if (end !== 'over') return end;
    }
    return 'stopped';
  }

  /** One session's worth of pulling. Answers whether it went well until the connection or we stopped. */
  async function serve(session: NatsSession): Promise<boolean> {
    try {
      await options.ensure(session);
      options.report(undefined);
      const end = await pullWhile(session);
      if (end === 'missing' || end === 'silent' || end === 'refused') {
        log.warn({ end }, 'pulling commands was interrupted');
      }
      return end === 'lost' || end === 'stopped' || end === 'silent';
    } catch (error) {
      if (session.lost.aborted || stopping.signal.aborted) return true;
      const problem = `commands of ${type} can't be fetched: ${errorText(error)}`;
      options.report(problem);
      log.warn({ error: errorText(error) }, 'commands can not be fetched, trying again');
      return false;
    }
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
    stop() {
      stopping.abort();
      return stopped;
    },
  };
}
