import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemChance, systemClock } from '../src/clock.js';
import {
  DEFAULT_LIMITS,
  type SpawnedEventStore,
  spawnEventStore,
} from '../src/embedded/event-store/index.js';
import { EventStore } from '../src/embedded/event-store/store/event-store.js';
import { NO_EVENTS } from '../src/embedded/event-store/store/stream-state.js';
import { processorTime, usedSince } from './processor-time.js';
import { type BenchOptions, report } from './report.js';

const EVENTS = [500_000, 5_000_000] as const;
/** The events of one stream, as of a run that does nothing. */
const EVENTS_A_STREAM = 3;
const DATA = Buffer.from(JSON.stringify({ attempt: 1, worker: 'a worker' }));
const METADATA = Buffer.from('{}');
const TYPE = Buffer.from('RunStarted');
/** About what an event takes on disk, in the log and in the index. */
const BYTES_AN_EVENT = 300;
const PENDING_BYTES_MAX = 4 * 1024 * 1024;

/**
 * `npm run bench -- opening [--events 5000000]… [--folder DIR]`: how long a full embedded event store takes to open, its
 * processor time and its memory, by its number of events. The events are small and in streams of three. 50 million take
 * about 15 GB.
 */
export async function run(options: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: options.args,
    options: {
      events: { type: 'string', multiple: true },
      folder: { type: 'string', default: tmpdir() },
    },
  });
  const folder = mkdtempSync(join(values.folder, 'opening-bench-'));
  try {
    for (const events of values.events?.map(Number) ?? EVENTS) {
      const { bavail, bsize } = statfsSync(folder);
      if (events * BYTES_AN_EVENT * 2 > bavail * bsize)
        throw new Error(`there is too little room on the disk for ${events} events`);
      const dataDir = join(folder, String(events));
      await fill(dataDir, events);
      await measure(dataDir, events, options);
      rmSync(dataDir, { recursive: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(dataDir: string, events: number, options: BenchOptions): Promise<void> {
  const before = processorTime();
  const from = performance.now();
  const store = await spawnEventStore({ dataDir });
  const tookMs = performance.now() - from;
  const { eventStore } = usedSince(before);
  const subject = `${events.toLocaleString('en')} events`;
  const print = (metric: string, unit: string, value: number) =>
    report({ bench: 'opening', subject, metric, unit, value, n: 1 }, options);
  print('open', 'ms', tookMs);
  print('processor', 'ms', eventStore);
  print('memory', 'MB', residentMegabytes(store));
  await store.stop();
}

/** Writes the events with the store's own code, in this process. */
async function fill(dataDir: string, events: number): Promise<void> {
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const store = EventStore.open({ dataDir, limits: DEFAULT_LIMITS, logger, clock: systemClock });
  for (let written = 0; written < events; written += EVENTS_A_STREAM) {
    const some = Array.from({ length: EVENTS_A_STREAM }, () => ({
      id: systemChance.uuid(),
      type: TYPE,
      isJson: true,
      data: DATA,
      metadata: METADATA,
    }));
    store.append(`operation-${written}`, NO_EVENTS, some, () => undefined);
    while (store.pendingBytes() > PENDING_BYTES_MAX) await systemClock.sleep(1);
  }
  await store.close();
}

function residentMegabytes({ pid }: SpawnedEventStore): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
