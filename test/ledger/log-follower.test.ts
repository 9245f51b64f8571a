import { randomUUID } from 'node:crypto';
import t from 'tap';
import { systemClock } from '../../src/clock.js';
import type { EventLog, Subscribed } from '../../src/ledger/event-log.js';
import { LogFollower } from '../../src/ledger/log-follower.js';
import { createMemoryLog } from '../support/memory-log.js';
import { createSeededChance } from '../support/seeded-chance.js';

const event = () => ({ id: randomUUID(), type: 'Happened', data: {}, metadata: {} });

function followerOf(log: EventLog) {
  const taken: number[] = [];
  const follower = new LogFollower({
    log,
    streamPrefixes: ['tenant-'],
    clock: systemClock,
    chance: createSeededChance(1),
    take: ({ position }) => taken.push(position),
    onInterrupted: () => undefined,
  });
  return { follower, taken };
}

t.test('it starts with everything of its streams applied, and goes on where it was stopped', async (t) => {
  const log = createMemoryLog();
  await log.append('tenant-a', [event(), event()], -1);
  await log.append('run-a', [event()], -1);
  const { follower, taken } = followerOf(log);
  t.equal(follower.position, -1);
  await follower.start();
  t.strictSame(taken, [0, 1]);
  t.ok(follower.position >= 1);
  await follower.stop();
  await log.append('tenant-b', [event()], -1);
  await follower.start();
  t.strictSame(taken, [0, 1, 3]);
  t.equal(follower.position, 3);
  await follower.stop();
});

t.test('a start that is stopped before the log was read ends', async (t) => {
  async function* silent({ signal }: Parameters<EventLog['subscribe']>[0]): AsyncGenerator<Subscribed> {
    if (signal?.aborted) return;
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  }
  const { follower, taken } = followerOf({ ...createMemoryLog(), subscribe: silent });
  const started = follower.start();
  await follower.stop();
  await started;
  t.strictSame(taken, []);
});
