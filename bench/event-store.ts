import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EventStoreDBClient } from '@eventstore/db-client';
import { type SpawnedEventStore, spawnEventStore } from '../src/embedded/event-store/index.js';
import type { FromClient, ToClient } from './event-store-client.js';
import { fill, measuredEvent, WORKLOADS } from './event-store-workloads.js';
import { type BenchOptions, report } from './report.js';

interface Subject {
  readonly name: string;
  readonly url: string;
  /**
   * Measures only this server. A client that has used two servers is slower, because its compiled code must handle
   * both.
   */
  readonly client: ChildProcess;
  /** Its process, if it was started here. */
  readonly pid: number | undefined;
  readonly values: Map<string, { readonly unit: string; readonly values: number[] }>;
}

const BENCH = 'event-store';
const USAGE = {
  url: { type: 'string' },
  rounds: { type: 'string', default: '3' },
  events: { type: 'string', default: '100000' },
  folder: { type: 'string', default: tmpdir() },
} as const;

/**
 * `npm run bench -- event-store [--url esdb://…] [--rounds 3] [--events 100000] [--folder DIR]`: measures this store
 * (or the server at `--url`) and the reference server in turns, each with a client process of its own. Then it measures
 * what matters for an embedded store: the time until its first append, its memory, the cost of idle subscriptions, and
 * how fast a full store opens.
 */
export async function run(options: BenchOptions): Promise<void> {
  const { values } = parseArgs({ args: options.args, options: USAGE });
  const rounds = Number(values.rounds);
  const events = Number(values.events);
  const folder = mkdtempSync(join(values.folder, 'event-store-bench-'));
  const peer = await startPeer();
  try {
    const store = values.url ? undefined : await spawnEventStore({ dataDir: join(folder, 'compared') });
    const subjects = [
      subject(values.url ?? 'opsledger', values.url ?? store?.url ?? '', store?.pid),
      subject('reference server', peer.url, peer.pid),
    ];
    await compare(subjects, rounds, events, options);
    if (store) {
      const value = residentMegabytes(store);
      report(
        { bench: BENCH, subject: 'opsledger', metric: 'memory_after_all', unit: 'MB', value, n: 1 },
        options,
      );
    }
    await store?.stop();
    if (!values.url) await measureEmbedded(folder, options);
  } finally {
    peer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const subject = (name: string, url: string, pid: number | undefined): Subject => ({
  name,
  url,
  pid,
  client: fork(fileURLToPath(new URL('./event-store-client.js', import.meta.url))),
  values: new Map(),
});

/** Sends a client process a task and returns what it measured. */
async function ask(client: ChildProcess, message: ToClient): Promise<readonly number[]> {
  const answered = once(client, 'message');
  client.send(message);
  const [answer] = (await answered) as [FromClient];
  if (answer.kind === 'failed') throw new Error(answer.message);
  return answer.values;
}

async function compare(
  subjects: readonly Subject[],
  rounds: number,
  events: number,
  options: BenchOptions,
): Promise<void> {
  for (const { client, url } of subjects) await ask(client, { kind: 'prepare', url, events });
  for (let round = 1; round <= rounds; round++) {
    for (const [index, workload] of WORKLOADS.entries()) {
      for (const { client, pid, values } of subjects) {
        const note = (metric: string, unit: string, value: number) => {
          const known = values.get(metric) ?? { unit, values: [] };
          known.values.push(value);
          values.set(metric, known);
        };
        const busyOf = (of: number | undefined) => (of === undefined ? Number.NaN : cpuSeconds({ pid: of }));
        const from = { at: performance.now(), client: busyOf(client.pid), server: busyOf(pid) };
        const measured = await ask(client, { kind: 'measure', workload: index, run: `r${round}` });
        const percent = 100_000 / (performance.now() - from.at);
        for (const [i, { metric, unit }] of workload.metrics.entries())
          note(metric, unit, measured[i] ?? Number.NaN);
        const name = workload.metrics[0]?.metric ?? '';
        note(`client_busy_in_${name}`, '% of a processor', (busyOf(client.pid) - from.client) * percent);
        if (pid !== undefined)
          note(`server_busy_in_${name}`, '% of a processor', (busyOf(pid) - from.server) * percent);
      }
    }
  }
  for (const { name, values, client } of subjects) {
    client.kill();
    for (const [metric, { unit, values: all }] of values) {
      report({ bench: BENCH, subject: name, metric, unit, value: median(all), n: all.length }, options);
    }
  }
  const [first, second] = subjects;
  for (const { metric } of WORKLOADS.flatMap(({ metrics }) => metrics)) {
    const value =
      median(first?.values.get(metric)?.values ?? []) / median(second?.values.get(metric)?.values ?? []);
    report(
      { bench: BENCH, subject: `${first?.name} / reference`, metric, unit: 'ratio', value, n: rounds },
      options,
    );
  }
}

const LARGE_EVENTS = 300_000;
const IDLE_SUBSCRIPTIONS = 1_000;
const STARTS = 5;

async function measureEmbedded(folder: string, options: BenchOptions): Promise<void> {
  const print = (metric: string, unit: string, value: number, n = 1) =>
    report({ bench: BENCH, subject: 'opsledger', metric, unit, value, n }, options);
  const starts: number[] = [];
  for (let i = 0; i < STARTS; i++) starts.push(await startToFirstAppend(join(folder, `start-${i}`)));
  print('start_to_first_append', 'ms', median(starts), STARTS);

  const dataDir = join(folder, 'large');
  const store = await spawnEventStore({ dataDir });
  const client = EventStoreDBClient.connectionString(store.url);
  await fill(client, 'large', LARGE_EVENTS);
  print('memory_after_300000_events', 'MB', residentMegabytes(store));
  const before = { memory: residentMegabytes(store), cpu: cpuSeconds(store) };
  for (let i = 0; i < IDLE_SUBSCRIPTIONS; i++) {
    const subscription = client.subscribeToStream(`idle-${i}`);
    subscription.on('error', () => undefined);
    await once(subscription, 'caughtUp');
  }
  print('memory_of_1000_idle_subscriptions', 'MB', residentMegabytes(store) - before.memory);
  const idleFrom = { at: performance.now(), cpu: cpuSeconds(store) };
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const share = ((cpuSeconds(store) - idleFrom.cpu) * 100_000) / (performance.now() - idleFrom.at);
  print('cpu_of_1000_idle_subscriptions', '%', share);
  await client.dispose();
  await store.stop();
  const opening = performance.now();
  const reopened = await spawnEventStore({ dataDir });
  print('open_with_300000_events', 'ms', performance.now() - opening);
  await reopened.stop();
}

/** Milliseconds from starting `opsledger event-store` until a client has its first append acknowledged. */
async function startToFirstAppend(dataDir: string): Promise<number> {
  const started = performance.now();
  const args = [
    fileURLToPath(new URL('../src/cli.js', import.meta.url)),
    'event-store',
    '--data',
    dataDir,
    '--port',
    '0',
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const client = EventStoreDBClient.connectionString(url);
  await client.appendToStream('first', measuredEvent(0));
  const tookMs = performance.now() - started;
  await client.dispose();
  const exited = once(child, 'exit');
  child.kill();
  await exited;
  return tookMs;
}

/** Resident memory of the store's process; Linux only. */
function residentMegabytes({ pid }: SpawnedEventStore): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

const TICKS_PER_SECOND = 100;

function cpuSeconds({ pid }: { readonly pid: number }): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function startPeer(): Promise<{ url: string; pid: number | undefined; stop: () => void }> {
  const entry = fileURLToPath(new URL('./event-store-peer.js', import.meta.url));
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (!child.stdout) throw new Error('the reference server has no output');
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url, pid: child.pid, stop: () => void child.kill() };
}
