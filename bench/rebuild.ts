import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { openRowCopier } from '../projections/engine/copy-rows.js';
import { rebuild } from '../projections/engine/rebuild.js';
import type { AnyTable } from '../projections/engine/table.js';
import { hubProjection } from '../projections/hub/hub-projection.js';
import { systemClock } from '../src/clock.js';
import { migrateToLatest } from '../src/db/migrate.js';
import { createWriterPool } from '../src/db/pools.js';
import { startEmbeddedPostgres } from '../src/embedded/postgres/start-embedded-postgres.js';
import type { EventLog } from '../src/ledger/event-log.js';
import { createEventStoreLog } from '../src/ledger/event-store-log.js';
import { productEvents } from '../src/program/product-events.js';
import { generateLog } from '../test/support/generated-log.js';
import { type ProcessorTime, processorTime, usedSince } from './processor-time.js';
import { type BenchOptions, report } from './report.js';

const EVENTS_DEFAULT = 300_000;
const MEMORY_EVERY_MS = 20;
/** How many appends are in progress at once while the log is copied into an event store. */
const APPENDS_AT_ONCE = 64;

const logger = pino({ level: 'silent' });

type MemoryLog = Awaited<ReturnType<typeof generateLog>>['log'];

/**
 * How fast the hub's read models are rebuilt from the log, compared with two limits in the same run: reading and
 * decoding the log without writing, and copying the same rows into plain tables (no key, no index, no row level
 * security). The processor time can be compared even when other programs use the machine. `--events N` sets the size;
 * `--url esdb://…` reads from an event store instead of memory.
 */
export async function run(options: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: options.args,
    options: { events: { type: 'string' }, url: { type: 'string' }, seed: { type: 'string' } },
  });
  const wanted = Number(values.events ?? EVENTS_DEFAULT);
  const { log: generated } = await generateLog({ seed: Number(values.seed ?? 1), events: wanted });
  const n = generated.events.length;
  const log = values.url ? await copyTo(values.url, generated) : generated;
  const dataDir = await mkdtemp(join(tmpdir(), 'opsledger-bench-'));
  const server = await startEmbeddedPostgres({ dataDir, logger });
  const db = createWriterPool<unknown>(server.url, { logger });
  const figure = (subject: string, metric: string, unit: string, value: number) =>
    report({ bench: 'rebuild', subject, metric, unit, value, n }, options);
  const print = (subject: string, { seconds, used }: Took) => {
    figure(subject, 'events_per_second', '1/s', n / seconds);
    figure(subject, 'processor_program', 'µs an event', (used.program * 1000) / n);
    figure(subject, 'processor_postgres', 'µs an event', (used.postgres * 1000) / n);
  };
  try {
    await migrateToLatest(db);
    print('limit: read and decode', await readAll(log, n));
    const rebuilt = await rebuildHub(log, db, server.url);
    print('opsledger', rebuilt);
    figure('opsledger', 'memory_growth', 'MiB', rebuilt.memory);
    figure('opsledger', 'memory_kept', 'MiB', rebuilt.kept);
    print('limit: copy', await copyPlainly(db, server.url));
  } finally {
    await db.destroy();
    await server.stop();
    await log.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The time and the processor time that some work took. */
interface Took {
  readonly seconds: number;
  readonly used: ProcessorTime;
}

async function timed(work: () => Promise<unknown>): Promise<Took> {
  const before = processorTime();
  const began = performance.now();
  await work();
  return { seconds: (performance.now() - began) / 1000, used: usedSince(before) };
}

async function readAll(log: EventLog, count: number): Promise<Took> {
  const done = new AbortController();
  let decoded = 0;
  return timed(async () => {
    const { streamPrefixes } = hubProjection;
    for await (const item of log.subscribe({ after: undefined, streamPrefixes, signal: done.signal })) {
      if (item.kind !== 'event') continue;
      productEvents.decode(item.event);
      decoded += 1;
      if (decoded === count) done.abort();
    }
  });
}

/**
 * The time of a rebuild, and by how many MiB this process grew at most: `memory` is what it took from the system,
 * uncollected garbage included; `kept` is what was on the heap when V8 had collected the old generation.
 */
async function rebuildHub(
  log: EventLog,
  db: Kysely<unknown>,
  databaseUrl: string,
): Promise<Took & { memory: number; kept: number }> {
  global.gc?.();
  const before = process.memoryUsage();
  let most = before.rss;
  let kept = before.heapUsed;
  const watching = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, MEMORY_EVERY_MS);
  const collections = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as readonly { readonly detail?: { readonly kind?: number } }[])
      if (detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR)
        kept = Math.max(kept, process.memoryUsage().heapUsed);
  });
  collections.observe({ entryTypes: ['gc'] });
  const took = await timed(() =>
    rebuild({
      log,
      db,
      databaseUrl,
      projection: hubProjection,
      decode: productEvents.decode,
      clock: systemClock,
      logger,
    }),
  );
  clearInterval(watching);
  collections.disconnect();
  return { ...took, memory: (most - before.rss) / 2 ** 20, kept: (kept - before.heapUsed) / 2 ** 20 };
}

/** Copies the rows of the hub into tables without keys, indexes or row level security. */
async function copyPlainly(db: Kysely<unknown>, databaseUrl: string): Promise<Took> {
  const sets: { table: AnyTable; rows: readonly object[] }[] = [];
  await sql`create schema plain`.execute(db);
  for (const table of hubProjection.tables) {
    const name = sql.id(table.name);
    await sql`create table plain.${name} as select * from ${sql.id(hubProjection.schema)}.${name} limit 0`.execute(
      db,
    );
    const { rows } = await sql<object>`select * from ${sql.id(hubProjection.schema)}.${name}`.execute(db);
    sets.push({ table, rows });
  }
  const copier = await openRowCopier(databaseUrl, 'plain', logger);
  const took = await timed(async () => {
    for (const { table, rows } of sets) await copier.copy(table, rows);
  });
  await copier.close();
  return took;
}

/** Copies a log in memory into an event store, stream by stream. */
async function copyTo(url: string, generated: MemoryLog): Promise<EventLog> {
  const log = createEventStoreLog({ url });
  const streams = new Map<string, typeof generated.events>();
  for (const event of generated.events)
    streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  const appendStream = async (events: typeof generated.events) => {
    for (const { stream, revision, id, type, data, metadata } of events)
      await log.append(
        stream,
        [{ id, type, data, metadata: metadata as Record<string, string> }],
        revision - 1,
      );
  };
  const waiting = [...streams.values()];
  const lanes = Array.from({ length: APPENDS_AT_ONCE }, async () => {
    for (let events = waiting.pop(); events; events = waiting.pop()) await appendStream(events);
  });
  await Promise.all(lanes);
  return log;
}
