import t from 'tap';
import { type EventLog, LogUnavailableError, type Subscribed } from '../../src/ledger/event-log.js';
import { shareSubscription } from '../../src/ledger/shared-subscription.js';
import { createMemoryLog } from '../support/memory-log.js';
import { createSeededChance } from '../support/seeded-chance.js';

const event = (id: string) => ({ id, type: 'X', data: {}, metadata: {} });

/** A log that counts its present subscriptions and can make them fail. */
function watched(log: EventLog) {
  const open = new Set<AbortController>();
  let begun = 0;
  const subscribe: EventLog['subscribe'] = async function* (options) {
    const broken = new AbortController();
    open.add(broken);
    begun += 1;
    try {
      yield* log.subscribe({ ...options, signal: AbortSignal.any([options.signal, broken.signal]) });
      if (!options.signal.aborted) throw new LogUnavailableError('a subscription ended', undefined);
    } finally {
      open.delete(broken);
    }
  };
  return { subscribe, open, begun: () => begun };
}

/** Follows a subscription through its failures as the projectors do, from the position of the last event or checkpoint. */
async function collect(
  subscribe: EventLog['subscribe'],
  prefixes: readonly string[],
  signal: AbortSignal,
  pause: () => Promise<void>,
): Promise<number[]> {
  const positions: number[] = [];
  let after: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const item of subscribe({ after, streamPrefixes: prefixes, signal })) {
        if (item.kind === 'event') positions.push(item.event.position);
        if (item.kind !== 'caught-up') after = item.kind === 'event' ? item.event.position : item.position;
        await pause();
      }
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
    }
  }
  return positions;
}

const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
};

t.test('readers that are caught up share one subscription', async (t) => {
  const log = createMemoryLog();
  await log.append('a-1', [event('1')], -1);
  const { subscribe, open } = watched(log);
  const shared = shareSubscription({ subscribe }, ['a-', 'b-']);
  const stop = new AbortController();
  const readers = [['a-'], ['a-', 'b-']].map((prefixes) =>
    collect(shared, prefixes, stop.signal, async () => undefined),
  );
  for (let n = 0; n < 5; n++) {
    await log.append('a-1', [event(`a${n}`)], n);
    await turns(5);
  }
  t.equal(open.size, 1);
  await log.append('b-1', [event('b')], -1);
  await turns(5);
  stop.abort();
  await turns(5);
  t.equal(open.size, 0, 'nothing is read on when all have left');
  const [ofA, ofBoth] = await Promise.all(readers);
  t.same(ofA, [0, 1, 2, 3, 4, 5]);
  t.same(ofBoth, [0, 1, 2, 3, 4, 5, 6]);
});

t.test(
  'a reader that wants none of the new events is sent the position up to which the log was read',
  async (t) => {
    const log = createMemoryLog();
    await log.append('a-1', [event('1')], -1);
    const { subscribe } = watched(log);
    const shared = shareSubscription({ subscribe }, ['a-', 'b-']);
    const stop = new AbortController();
    const seen: Subscribed[] = [];
    const reading = (async () => {
      for await (const item of shared({ after: undefined, streamPrefixes: ['a-'], signal: stop.signal }))
        seen.push(item);
    })();
    await turns(3);
    await log.append('b-1', [event('b')], -1);
    await turns(3);
    t.match(
      seen.findLast(({ kind }) => kind === 'checkpoint'),
      { position: 1 },
    );
    stop.abort();
    await reading;
  },
);

for (let seed = 1; seed <= 40; seed++)
  t.test(
    `every reader gets all of its events once and in order, whatever breaks (seed ${seed})`,
    async (t) => {
      const chance = createSeededChance(seed);
      const { below } = chance;
      const log = createMemoryLog();
      const { subscribe, open } = watched(log);
      const shared = shareSubscription({ subscribe }, ['a-', 'b-', 'c-'], { itemsMax: 8, bytesMax: 1_000 });
      const stop = new AbortController();
      const wanted = [['a-'], ['b-', 'c-'], ['a-', 'b-', 'c-']];
      const readers = wanted.map((prefixes) =>
        collect(shared, prefixes, stop.signal, () => turns(below(4) === 0 ? below(12) : 0)),
      );
      const revisions = new Map<string, number>();
      for (let n = 0; n < 120; n++) {
        const stream = `${chance.pick(['a', 'b', 'c'])}-1`;
        const revision = revisions.get(stream) ?? -1;
        await log.append(stream, [event(`${n}`)], revision);
        revisions.set(stream, revision + 1);
        if (below(20) === 0) for (const subscription of open) subscription.abort();
        await turns(below(4));
      }
      await turns(2_000);
      stop.abort();
      const read = await Promise.all(readers);
      for (const [index, prefixes] of wanted.entries()) {
        const expected = log.events.filter(({ stream }) =>
          prefixes.some((prefix) => stream.startsWith(prefix)),
        );
        t.same(
          read[index],
          expected.map(({ position }) => position),
        );
      }
    },
  );
