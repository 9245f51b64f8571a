import { performance } from 'node:perf_hooks';
import {
  BACKWARDS,
  END,
  type EventStoreDBClient,
  excludeSystemEvents,
  jsonEvent,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { quantile } from './report.js';

/** A measurement of a server: its metrics with their units, and a function that measures them once. */
export interface Workload {
  readonly metrics: readonly { readonly metric: string; readonly unit: string }[];
  /** Returns one value for each metric. `run` is different in every call. */
  readonly measure: (client: EventStoreDBClient, run: string) => Promise<readonly number[]>;
}

const STREAMS = 2_000;
const LIVE_EVENTS = 250;
const LIVE_INTERVAL_MS = 20;
/** Credentials for a call make the client use the `Append` call. */
const viaAppend = { credentials: { username: 'admin', password: 'changeit' } };
const padding = 'x'.repeat(300);

export const measuredEvent = (n: number) =>
  jsonEvent({
    type: 'Measured',
    data: { n, customer: 'c-0123456789', at: '2026-01-01T00:00:00.000Z', text: padding },
  });

async function appendSingly(
  client: EventStoreDBClient,
  run: string,
  total: number,
  concurrent: number,
  options: object,
): Promise<number> {
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    while (next < total) {
      const n = next++;
      await client.appendToStream(`${run}-${n % STREAMS}`, measuredEvent(n), options);
    }
  };
  await Promise.all(Array.from({ length: concurrent }, worker));
  return (total * 1000) / (performance.now() - started);
}

/** Appends events in batches of fifty, sixteen batches at once. Also used to fill a server. */
export async function fill(client: EventStoreDBClient, run: string, total: number): Promise<number> {
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    while (next < total) {
      const n = next;
      next += 50;
      const batch = Array.from({ length: 50 }, (_, i) => measuredEvent(n + i));
      await client.appendToStream(`${run}-${(n / 50) % STREAMS}`, batch);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return (total * 1000) / (performance.now() - started);
}

async function readAll(client: EventStoreDBClient): Promise<number> {
  const started = performance.now();
  let count = 0;
  for await (const _ of client.readAll({ fromPosition: START })) count += 1;
  return (count * 1000) / (performance.now() - started);
}

async function subscribeToAll(client: EventStoreDBClient): Promise<number> {
  let last = -1n;
  for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })) {
    last = event?.position?.commit ?? -1n;
  }
  const started = performance.now();
  let count = 0;
  const subscription = client.subscribeToAll({ fromPosition: START, filter: excludeSystemEvents() });
  for await (const { event } of subscription) {
    count += 1;
    if ((event?.position?.commit ?? last) >= last) break;
  }
  return (count * 1000) / (performance.now() - started);
}

/** Time from the call of an append until a live subscription has the event, at fifty events a second. */
async function live(client: EventStoreDBClient, run: string): Promise<readonly number[]> {
  const sent = new Map<string, number>();
  const took: number[] = [];
  const filter = streamNameFilter({ prefixes: [run] });
  const subscription = client.subscribeToAll({ fromPosition: END, filter });
  let arrived: () => void = () => undefined;
  subscription.on('data', ({ event }) => {
    const at = event && sent.get(event.id);
    if (at !== undefined) took.push(performance.now() - at);
    if (took.length === LIVE_EVENTS) arrived();
  });
  await new Promise<void>((resolve) => subscription.on('confirmation', () => resolve()));
  const all = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const started = performance.now();
  for (let i = 0; i < LIVE_EVENTS; i++) {
    const event = measuredEvent(i);
    sent.set(event.id, performance.now());
    await client.appendToStream(`${run}-${i % 50}`, event);
    const waitMs = started + (i + 1) * LIVE_INTERVAL_MS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  await all;
  await subscription.unsubscribe();
  took.sort((a, b) => a - b);
  return [quantile(took, 0.5), quantile(took, 0.99)];
}

const rate = (
  metric: string,
  measure: (client: EventStoreDBClient, run: string) => Promise<number>,
): Workload => ({
  metrics: [{ metric, unit: '1/s' }],
  measure: async (client, run) => [await measure(client, run)],
});

export const WORKLOADS: readonly Workload[] = [
  rate('batch_appends_per_second_32', (client, run) => appendSingly(client, run, 6_000, 32, {})),
  rate('batch_appends_per_second_256', (client, run) => appendSingly(client, run, 12_000, 256, {})),
  rate('single_appends_per_second_32', (client, run) => appendSingly(client, run, 4_000, 32, viaAppend)),
  rate('single_appends_per_second_256', (client, run) => appendSingly(client, run, 6_000, 256, viaAppend)),
  rate('events_per_second_in_appends_of_50', (client, run) => fill(client, `f${run}`, 20_000)),
  rate('read_all_events_per_second', (client) => readAll(client)),
  rate('subscribe_all_events_per_second', (client) => subscribeToAll(client)),
  {
    metrics: [
      { metric: 'live_latency_p50', unit: 'ms' },
      { metric: 'live_latency_p99', unit: 'ms' },
    ],
    measure: (client, run) => live(client, `live${run}`),
  },
];

/** Warms up the server's code with both append calls. */
export async function warmUp(client: EventStoreDBClient): Promise<void> {
  for (let i = 0; i < 300; i++) {
    await client.appendToStream(`warm-${i}`, measuredEvent(i), i % 2 === 0 ? {} : viaAppend);
  }
}
