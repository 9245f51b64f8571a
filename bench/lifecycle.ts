import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Logger, run as runGraphileWorker } from 'graphile-worker';
import { sql } from 'kysely';
import pg from 'pg';
import PgBoss from 'pg-boss';
import { pino } from 'pino';
import { z } from 'zod';
import { HUB_SCHEMA } from '../projections/hub/hub-projection.js';
import { readConfig } from '../src/config.js';
import { defineOperation } from '../src/operations/define.js';
import { createOperationRegistry } from '../src/operations/registry.js';
import { type Program, ROLES, startProgram } from '../src/program/start-program.js';
import { startRun } from '../src/runs/start-run.js';
import { registerTenant } from '../src/tenancy/tenant-commands.js';
import { type BenchOptions, quantile, report } from './report.js';

const RUNS = 2_000;
const AT_ONCE = 32;
const PACED_RUNS = 500;
const PACED_PER_SECOND = 50;
const ROUNDS = 3;
const PERSON = '22222222-2222-4222-8222-222222222222';

/** Something that carries out no-op work: `start` begins one, `ended` resolves when it is completed for good. */
interface Subject {
  readonly name: string;
  start(id: string): Promise<void>;
  /** Registers interest before the start. */
  ended(id: string): Promise<void>;
  /** Resolves when everything started so far can be seen as completed in PostgreSQL. */
  visible(): Promise<void>;
  stop(): Promise<void>;
}

/** Completions by id, announced by whoever sees them first. */
class Completions {
  readonly #waiting = new Map<string, () => void>();
  wait(id: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
  done(id: string): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}

/**
 * No-op runs from start to completed, 32 at once and at 50 a second, beside pg-boss and graphile-worker doing the
 * same number of no-op jobs on the same PostgreSQL in the same process.
 */
export async function run(options: BenchOptions): Promise<void> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'opsledger-bench-'));
  const program = await startProgram({
    config: readConfig(
      {},
      {
        OPSLEDGER_DATA: dataDir,
        OPSLEDGER_WORKER_RUNS: String(AT_ONCE),
        OPSLEDGER_WORKER_RUNS_PER_TENANT: String(AT_ONCE),
      },
    ),
    roles: [...ROLES],
    operations: createOperationRegistry([noOperation]),
    logger: pino({ level: 'error' }),
  });
  try {
    const { databaseUrl } = program.infrastructure;
    const subjects = [await opsledger(program), await pgBoss(databaseUrl), await graphileWorker(databaseUrl)];
    const figures = new Map<string, { unit: string; values: number[] }>();
    const note = (subject: string, metric: string, unit: string, value: number) => {
      const key = `${subject} ${metric}`;
      const known = figures.get(key) ?? { unit, values: [] };
      known.values.push(value);
      figures.set(key, known);
    };
    for (let round = 0; round < ROUNDS; round++)
      for (const subject of subjects) {
        await burst(subject, `warm-${round}`, 100);
        note(subject.name, 'runs_per_second', '1/s', await burst(subject, `burst-${round}`, RUNS));
        const took = await paced(subject, `paced-${round}`);
        note(subject.name, 'latency_p50', 'ms', quantile(took, 0.5));
        note(subject.name, 'latency_p99', 'ms', quantile(took, 0.99));
      }
    for (const [key, { unit, values }] of figures) {
      const [subject = '', metric = ''] = key.split(' ');
      const sorted = values.toSorted((a, b) => a - b);
      report(
        { bench: 'lifecycle', subject, metric, unit, value: quantile(sorted, 0.5), n: values.length },
        options,
      );
    }
    for (const subject of subjects) await subject.stop();
  } finally {
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Runs a second: 32 starters at once and 32 at work, until all can be seen as completed in PostgreSQL. */
async function burst(subject: Subject, prefix: string, count: number): Promise<number> {
  const from = performance.now();
  const ended: Promise<void>[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        const id = `${prefix}-${next++}`;
        ended.push(subject.ended(id));
        await subject.start(id);
      }
    }),
  );
  await Promise.all(ended);
  await subject.visible();
  return (count / (performance.now() - from)) * 1000;
}

/** Milliseconds from start to completed at 50 starts a second, sorted. */
async function paced(subject: Subject, prefix: string): Promise<number[]> {
  const from = performance.now();
  const took: Promise<number>[] = [];
  for (let n = 0; n < PACED_RUNS; n++) {
    const due = from + (n * 1000) / PACED_PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const id = `${prefix}-${n}`;
    const began = performance.now();
    const ended = subject.ended(id);
    took.push(
      subject.start(id).then(async () => {
        await ended;
        return performance.now() - began;
      }),
    );
  }
  return (await Promise.all(took)).sort((a, b) => a - b);
}

const noOperation = defineOperation({
  type: 'bench.noop',
  label: 'No-op',
  description: 'Does nothing.',
  itemisedBy: 'nothing',
  input: z.object({ id: z.string() }),
  context: z.object({}),
  plan: async ({ id }) => ({ plan: { scope: { id }, context: {}, title: id, total: 0, related: [] } }),
  handle: async () => ({ summary: 'done', related: [] }),
});

async function opsledger(program: Program): Promise<Subject> {
  const { ledger, ledgerId, primary } = program.infrastructure;
  const { tenantId } = await registerTenant(
    ledger,
    { ledgerId, slug: 'bench', name: 'Bench', ownerId: PERSON },
    { actor: { kind: 'system', id: 'bench' }, correlationId: 'bench' },
  );
  const completions = new Completions();
  const stopping = new AbortController();
  const idOfRun = new Map<string, string>();
  const following = (async () => {
    const after = await ledger.log.head();
    const events = ledger.log.subscribe({ after, streamPrefixes: ['operation-'], signal: stopping.signal });
    for await (const item of events) {
      if (item.kind !== 'event') continue;
      const runId = (item.event.metadata as { runId: string }).runId;
      if (item.event.type === 'RunQueued') idOfRun.set(runId, (item.event.data as { title: string }).title);
      if (item.event.type === 'RunCompleted') {
        completions.done(idOfRun.get(runId) ?? '');
        idOfRun.delete(runId);
      }
    }
  })();
  return {
    name: 'opsledger',
    async start(id) {
      await startRun(program.starts, {
        tenantId,
        type: 'bench.noop',
        input: { id },
        initiator: { kind: 'api', clientId: 'bench' },
        correlationId: id,
        connected: true,
      });
    },
    ended: (id) => completions.wait(id),
    async visible() {
      const head = await ledger.log.head();
      for (;;) {
        const { rows } = await sql<{ position: number }>`
          select position from ${sql.id(HUB_SCHEMA, 'checkpoint')}`.execute(primary);
        if ((rows[0]?.position ?? -1) >= head) return;
      }
    },
    async stop() {
      stopping.abort();
      await following;
    },
  };
}

async function pgBoss(connectionString: string): Promise<Subject> {
  const boss = new PgBoss({ connectionString, max: 10 });
  boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await boss.start();
  await boss.createQueue('noop');
  const completions = new Completions();
  // Several workers with large batches, polling as often as they may: what does best on this work.
  const workers = 4;
  const batchSize = 250;
  for (let worker = 0; worker < workers; worker++)
    await boss.work<{ id: string }>('noop', { batchSize, pollingIntervalSeconds: 0.5 }, async (jobs) => {
      for (const job of jobs) completions.done(job.data.id);
    });
  return {
    name: 'pg-boss',
    async start(id) {
      await boss.send('noop', { id });
    },
    ended: (id) => completions.wait(id),
    async visible() {
      while ((await boss.getQueueSize('noop', { before: 'completed' })) > 0);
    },
    stop: () => boss.stop({ graceful: false }),
  };
}

async function graphileWorker(connectionString: string): Promise<Subject> {
  const pool = new pg.Pool({ connectionString, max: 10 });
  const completions = new Completions();
  const runner = await runGraphileWorker({
    pgPool: pool,
    concurrency: AT_ONCE,
    noHandleSignals: true,
    logger: new Logger(() => () => undefined),
    pollInterval: 100,
    taskList: {
      noop: async (payload) => completions.done((payload as { id: string }).id),
    },
  });
  return {
    name: 'graphile-worker',
    async start(id) {
      await runner.addJob('noop', { id });
    },
    ended: (id) => completions.wait(id),
    async visible() {
      for (;;) {
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
