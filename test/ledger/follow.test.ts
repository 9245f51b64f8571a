import { randomUUID } from 'node:crypto';
import t from 'tap';
import { type EventLog, LogUnavailableError, type Subscribed } from '../../src/ledger/event-log.js';
import { follow } from '../../src/ledger/follow.js';
import { NO_FAULTS } from '../simulation/fault-rates.js';
import { SimulatedProcess } from '../simulation/simulated-process.js';
import { createVirtualTime } from '../simulation/virtual-time.js';
import { createMemoryLog } from '../support/memory-log.js';
import { createSeededChance } from '../support/seeded-chance.js';

const SILENT_AFTER_MS = 30_000;

/** A log in memory whose subscriptions can be made silent, like those of a reader that the server dropped. */
function silencedLog() {
  const log = createMemoryLog();
  let subscriptions = 0;
  let silentFrom = Number.POSITIVE_INFINITY;
  let headIsAway = false;
  async function* subscribe(options: Parameters<EventLog['subscribe']>[0]): AsyncGenerator<Subscribed> {
    subscriptions += 1;
    const mine = subscriptions;
    for await (const item of log.subscribe(options))
      if (mine > silentFrom || silentFrom > subscriptions) yield item;
  }
  return {
    log: {
      ...log,
      subscribe,
      head: async () => {
        if (headIsAway) throw new LogUnavailableError('reading its head', new Error('no answer'));
        return log.head();
      },
    },
    /** Makes all present subscriptions silent. */
    silence() {
      silentFrom = subscriptions;
    },
    leave(away: boolean) {
      headIsAway = away;
    },
    subscriptions: () => subscriptions,
    append: async (stream: string) => {
      let revision = -1;
      for await (const last of log.read(stream, { direction: 'backwards', maxCount: 1 }))
        revision = last.revision;
      await log.append(stream, [{ id: randomUUID(), type: 'Noted', data: {}, metadata: {} }], revision);
    },
  };
}

/** A follower of the streams `tenant-…` on virtual time. */
function followed(server: ReturnType<typeof silencedLog>) {
  const time = createVirtualTime();
  const chance = createSeededChance(1);
  const { clock } = new SimulatedProcess({
    name: 'it',
    time,
    chance,
    rates: () => NO_FAULTS,
    trace: () => undefined,
  });
  const stop = new AbortController();
  const seen: number[] = [];
  const interruptions: string[] = [];
  let position: number | undefined;
  const ended = (async () => {
    for await (const item of follow({
      log: server.log,
      streamPrefixes: ['tenant-'],
      resumeAfter: () => position,
      signal: stop.signal,
      clock,
      chance,
      silentAfterMs: SILENT_AFTER_MS,
      onInterrupted: (error) => interruptions.push(error instanceof Error ? error.name : String(error)),
    })) {
      if (item.kind === 'event') seen.push(item.event.position);
      if (item.kind !== 'caught-up') position = item.kind === 'event' ? item.event.position : item.position;
    }
  })();
  return {
    time,
    seen,
    interruptions,
    async stop() {
      stop.abort();
      await time.pass(1);
      await ended;
    },
  };
}

t.test('a silent dead subscription is renewed, and no event is lost', async (t) => {
  const server = silencedLog();
  const follower = followed(server);
  await server.append('tenant-a');
  await follower.time.pass(1_000);
  t.strictSame(follower.seen, [0]);
  server.silence();
  await server.append('tenant-a');
  await server.append('tenant-b');
  await follower.time.pass(SILENT_AFTER_MS - 2_000);
  t.strictSame(follower.seen, [0], 'not yet');
  await follower.time.pass(10_000);
  t.strictSame(follower.seen, [0, 1, 2]);
  t.strictSame(follower.interruptions, ['SilentSubscriptionError'], 'the interruption is reported');
  await server.append('tenant-c');
  await follower.time.pass(1);
  t.strictSame(follower.seen, [0, 1, 2, 3], 'the new one is live');
  await follower.stop();
});

t.test('a silent subscription to a log without new events is left alone', async (t) => {
  const server = silencedLog();
  await server.append('tenant-a');
  const follower = followed(server);
  await follower.time.pass(20 * SILENT_AFTER_MS);
  t.equal(server.subscriptions(), 1);
  t.strictSame(follower.interruptions, []);
  await follower.stop();
});

t.test('a log that grows only in other streams is checked again, without a log line', async (t) => {
  const server = silencedLog();
  await server.append('tenant-a');
  const follower = followed(server);
  await follower.time.pass(1_000);
  server.silence();
  await server.append('member-a');
  await follower.time.pass(20 * SILENT_AFTER_MS);
  t.equal(server.subscriptions(), 2, 'once: the new one has caught up with what there is');
  t.strictSame(follower.interruptions, []);
  t.strictSame(follower.seen, [0]);
  await follower.stop();
});

t.test('a log that is silent and does not answer either is an interruption', async (t) => {
  const server = silencedLog();
  await server.append('tenant-a');
  const follower = followed(server);
  await follower.time.pass(1_000);
  server.silence();
  server.leave(true);
  await follower.time.pass(SILENT_AFTER_MS);
  t.strictSame(follower.interruptions, ['LogUnavailableError']);
  server.leave(false);
  await server.append('tenant-a');
  await follower.time.pass(20_000);
  t.strictSame(follower.seen, [0, 1]);
  await follower.stop();
});
