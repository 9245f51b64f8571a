import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Logger, run as runGraphileWorker } from 'graphile-worker';
import { sql } from 'kysely';
import pg from 'pg';
import PgBoss from 'pg-boss';
import { z } from 'zod';
import { hubProjection } from '../projections/hub/hub-projection.js';
import { defineOperation } from '../src/operations/define.js';
import type { Program } from '../src/program/program-context.js';
import { operationStream } from '../src/runs/run-streams.js';
import { startRun } from '../src/starting/start-run.js';
import { registerTenant } from '../src/tenancy/tenant-commands.js';
import { openDiskLimit } from './disk-limit.js';
import { processorTime, usedSince } from './processor-time.js';
import { withProduct } from './product.js';
import { type BenchOptions, quantile, report } from './report.js';
import { type StartTrace, traceStarts } from './start-trace.js';

const WARM_UP_RUNS = 500;
const RUNS = 2_000;
const AT_ONCE = 32;
const PACED_RUNS = 500;
const PACED_PER_SECOND = 50;
const ROUNDS = 3;
/** The time between two checks of what is completed, milliseconds. */
const POLL_MS = 5;
const PERSON = '22222222-2222-4222-8222-222222222222';

/** A system that carries out no-op work. */
interface Subject {
  readonly name: string;
  /** Whether an id can be used again after its work has ended, for another run of the same operation. */
  readonly repeats: boolean;
  /** Where the time of its starts goes, if it can be seen. */
  readonly trace?: StartTrace;
  start(id: string): Promise<void>;
  /** Resolves when the handler has run. Call it before the start. */
  handled(id: string): Promise<void>;
  /** Resolves when PostgreSQL shows everything started so far as completed. */
  visible(): Promise<void>;
  stop(): Promise<void>;
}

/** The ids that handlers have carried out. */
class Handled {
  readonly #waiting = new Map<string, () => void>();
  wait(id: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
  add(id: string): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}

/**
 * Measures no-op runs from start to completion, 32 at once and at 50 a second, and the same number of no-op jobs in
 * pg-boss and graphile-worker on the same PostgreSQL in the same process. The processor time includes starting the runs
 * and checking what is completed. `--quiet` turns off the log lines of runs; `--only` measures one of the three; the
 * steps of a start (`step_…`) are those of the starts at 50 a second. `disk` does only the two writes that a start waits
 * for, at the same pace.
 */
export async function run(options: BenchOptions): Promise<void> {
  const done = new Handled();
  const { values: flags } = parseArgs({
    args: options.args,
    options: { quiet: { type: 'boolean' }, only: { type: 'string' } },
  });
  const product = {
    operations: [noOperation(done)],
    slots: AT_ONCE,
    slotsPerTenant: AT_ONCE,
    logged: !flags.quiet,
  };
  await withProduct(product, async (program) => {
    const { databaseUrl } = program.infrastructure;
    const ours = await opsledger(program, done);
    const boss = await connectPgBoss(databaseUrl);
    // One system is open at a time, because idle peers poll the database.
    const openings = Object.entries({
      opsledger: async () => ours,
      'pg-boss': () => pgBoss(boss),
      'graphile-worker': () => graphileWorker(databaseUrl),
    }).flatMap(([name, open]) => (flags.only === undefined || flags.only === name ? [open] : []));
    if (openings.length === 0) throw new Error(`--only takes opsledger, pg-boss or graphile-worker.`);
    const figures = new Map<string, { unit: string; values: number[] }>();
    const note = (subject: string, metric: string, unit: string, value: number) => {
      const key = `${subject} ${metric}`;
      const known = figures.get(key) ?? { unit, values: [] };
      known.values.push(value);
      figures.set(key, known);
    };
    const disk = await openDiskLimit();
    const noteLatency = (subject: string, took: readonly number[]) => {
      note(subject, 'latency_p50', 'ms', quantile(took, 0.5));
      note(subject, 'latency_p99', 'ms', quantile(took, 0.99));
    };
    for (let round = 0; round < ROUNDS; round++) {
      for (const open of openings) {
        const subject = await open();
        await burst(subject, `warm-${round}`, WARM_UP_RUNS);
        const measured = async (metric: string) => {
          const before = processorTime();
          note(subject.name, `runs_per_second${metric}`, '1/s', await burst(subject, `burst-${round}`, RUNS));
          for (const [part, ms] of Object.entries(usedSince(before)))
            note(subject.name, `processor_${part}${metric}`, 'ms a run', ms / RUNS);
        };
        await measured('');
        if (subject.repeats) await measured('_repeated_key');
        subject.trace?.clear();
        noteLatency(subject.name, await paced(subject, `paced-${round}`));
        for (const { metric, value } of subject.trace?.figures() ?? [])
          note(subject.name, metric, 'ms', value);
        await subject.stop();
      }
      noteLatency('disk', await paced({ start: disk.writeTwo, handled: async () => undefined }, ''));
    }
    await disk.close();
    await boss.stop({ graceful: false });
    for (const [key, { unit, values }] of figures) {
      const [subject = '', metric = ''] = key.split(' ');
      const sorted = values.toSorted((a, b) => a - b);
      report(
        { bench: 'lifecycle', subject, metric, unit, value: quantile(sorted, 0.5), n: values.length },
        options,
      );
    }
  });
}

/** Runs a second, with 32 starters and 32 handlers at once, until PostgreSQL shows all of them as completed. */
async function burst(subject: Subject, prefix: string, count: number): Promise<number> {
  const from = performance.now();
  const handled: Promise<void>[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        const id = `${prefix}-${next++}`;
        handled.push(subject.handled(id));
        await subject.start(id);
      }
    }),
  );
  await Promise.all(handled);
  await subject.visible();
  return (count / (performance.now() - from)) * 1000;
}

/** Milliseconds from a start until its handler has run, at 50 starts a second, sorted. */
async function paced(subject: Pick<Subject, 'start' | 'handled'>, prefix: string): Promise<number[]> {
  const from = performance.now();
  const took: Promise<number>[] = [];
  for (let n = 0; n < PACED_RUNS; n++) {
    const due = from + (n * 1000) / PACED_PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await setTimeout(wait);
    const id = `${prefix}-${n}`;
    const began = performance.now();
    const handled = subject.handled(id);
    took.push(
      subject.start(id).then(async () => {
        await handled;
        return performance.now() - began;
      }),
    );
  }
  return (await Promise.all(took)).sort((a, b) => a - b);
}

const noOperation = (done: Handled) =>
  defineOperation({
    type: 'bench.noop',
    label: 'No-op',
    description: 'Does nothing.',
    itemisedBy: 'nothing',
    input: z.object({ id: z.string() }),
    scope: z.object({ id: z.string() }),
    context: z.object({}),
    plan: async ({ id }) => ({ plan: { scope: { id }, context: {}, title: id, total: 0, related: [] } }),
    handle: async (run) => {
      done.add(String(run.scope.id));
      return { summary: 'done', related: [] };
    },
  });

async function opsledger(program: Program, done: Handled): Promise<Subject> {
  const { ledger, ledgerId, primary } = program.infrastructure;
  const { tenantId } = await registerTenant(
    ledger,
    { ledgerId, slug: 'bench', name: 'Bench', ownerId: PERSON },
    { actor: { kind: 'system', id: 'bench' }, correlationId: 'bench' },
  );
  for (; ; await setTimeout(POLL_MS)) {
    const { rows } = await sql<{ built: boolean }>`
      select to_regclass(${`${hubProjection.schema}.runs`}) is not null as built`.execute(primary);
    if (rows[0]?.built) break;
  }
  const trace = traceStarts(ledger.log);
  return {
    name: 'opsledger',
    repeats: true,
    trace,
    async start(id) {
      trace.begin(id);
      await startRun(program.starts, {
        tenantId,
        type: 'bench.noop',
        input: { id },
        initiator: { kind: 'api', clientId: 'bench' },
        correlationId: randomUUID(),
        connected: true,
        allows: () => true,
        onPlanned: async (key) => trace.named(id, operationStream(tenantId, key)),
      });
    },
    handled: (id) => done.wait(id).then(() => trace.handled(id)),
    async visible() {
      const checkpoint = sql.id(hubProjection.schema, 'checkpoint');
      const runs = sql.id(hubProjection.schema, 'runs');
      for (; ; await setTimeout(POLL_MS)) {
        const head = await ledger.log.head();
        const { rows: read } = await sql`select 1 from ${checkpoint} where position >= ${head}`.execute(
          primary,
        );
        if (read.length === 0) continue;
        const { rows: open } = await sql`
          select 1 from ${runs} where lifecycle in ('pending', 'running') limit 1`.execute(primary);
        if (open.length === 0) return;
      }
    },
    stop: async () => undefined,
  };
}

/** Connects only once, because a stopped instance still takes jobs that are meant for the next one. */
async function connectPgBoss(connectionString: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString, max: 10 });
  boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await boss.start();
  await boss.createQueue('noop');
  return boss;
}

async function pgBoss(boss: PgBoss): Promise<Subject> {
  const done = new Handled();
  // Several workers with large batches and the shortest polling interval: the fastest settings for this work.
  const workers = 4;
  const batchSize = 250;
  for (let worker = 0; worker < workers; worker++)
    await boss.work<{ id: string }>('noop', { batchSize, pollingIntervalSeconds: 0.5 }, async (jobs) => {
      for (const job of jobs) done.add(job.data.id);
    });
  return {
    name: 'pg-boss',
    repeats: false,
    async start(id) {
      await boss.send('noop', { id });
    },
    handled: (id) => done.wait(id),
    async visible() {
      while ((await boss.getQueueSize('noop', { before: 'completed' })) > 0) await setTimeout(POLL_MS);
    },
    stop: () => boss.offWork('noop'),
  };
}

async function graphileWorker(connectionString: string): Promise<Subject> {
  const pool = new pg.Pool({ connectionString, max: 10 });
  pool.on('error', (error) => process.stderr.write(`${error.message}\n`));
  // graphile-worker also requires an error listener on each connection.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const done = new Handled();
  const runner = await runGraphileWorker({
    pgPool: pool,
    concurrency: AT_ONCE,
    noHandleSignals: true,
    logger: new Logger(() => () => undefined),
    pollInterval: 100,
    taskList: {
      noop: async (payload) => done.add((payload as { id: string }).id),
    },
  });
  return {
    name: 'graphile-worker',
    repeats: false,
    async start(id) {
      await runner.addJob('noop', { id });
    },
    handled: (id) => done.wait(id),
    async visible() {
      for (; ; await setTimeout(POLL_MS)) {
        const { rows } = await pool.query<{ open: string }>(
          'select count(*) as open from graphile_worker.jobs',
        );
        if (Number(rows[0]?.open) === 0) return;
      }
    },
    async stop() {
      await runner.stop();
      await pool.end();
    },
  };
}
