import t from 'tap';
import { EMPTY_HEAD } from '../../../src/ledger/stream-head.js';
import { productEvents } from '../../../src/program/product-events.js';
import { countsOf, evolve, type OperationState, type RunState } from '../../../src/runs/run-state.js';
import { isTerminal, statusBucket } from '../../../src/runs/status-bucket.js';
import { generateLog } from '../../support/generated-log.js';
import { createSeededChance } from '../../support/seeded-chance.js';
import { dumpSchema } from '../read-models.js';
import { hubBed } from './hub-bed.js';

const SEED = Number(process.env.SEED ?? 7);
const EVENTS = 700;

t.test(`the rows don’t depend on where batches end (seed ${SEED})`, async (t) => {
  const bed = await hubBed(t);
  const { log } = await generateLog({ seed: SEED, events: EVENTS });
  const chance = createSeededChance(SEED);
  const everywhere = log.events.map((_, index) => index).slice(1);
  const somewhere = everywhere.filter(() => chance.fraction() < 0.1);
  await bed.apply('whole', log.events);
  await bed.apply('single', log.events, everywhere);
  await bed.apply('random', log.events, somewhere);
  const whole = await dumpSchema(bed.db, 'whole');
  t.same(await dumpSchema(bed.db, 'single'), whole, 'every event a batch');
  t.same(await dumpSchema(bed.db, 'random'), whole, `${somewhere.length} cuts`);
});

t.test(`the rows of runs are what the decider's own fold says (P5, seed ${SEED})`, async (t) => {
  const bed = await hubBed(t);
  const { log } = await generateLog({ seed: SEED + 1, events: EVENTS });
  await bed.apply('hub', log.events);
  const operations = new Map<string, OperationState>();
  const runs = new Map<string, RunState>();
  for (const raw of log.events) {
    if (!raw.stream.startsWith('operation-')) continue;
    const state = operations.get(raw.stream) ?? { head: EMPTY_HEAD, run: undefined };
    const next = evolve(state, productEvents.decode(raw));
    operations.set(raw.stream, next);
    if (next.run) runs.set(next.run.runId, next.run);
  }
  const rows = await bed.rows('hub', 'runs');
  t.equal(rows.length, runs.size);
  for (const row of rows) {
    const run = runs.get(row.run_id);
    if (!run) return t.fail(`${row.run_id} is in no stream`);
    const { lifecycle, attempt, worker, type, title, createdAt, endedBecause } = run;
    const counts = countsOf(run);
    t.match(row, { lifecycle, attempt, worker, type, title, created_at: createdAt, ...counts });
    t.equal(row.bucket, statusBucket(lifecycle, counts));
    t.equal(row.reason_code, endedBecause?.reasonCode ?? null);
    t.equal(row.finished_at !== null, isTerminal(lifecycle));
  }
  const counters = await bed.rows('hub', 'run_counters');
  for (const { tenant_id, type, bucket, runs: counted } of counters) {
    const same = rows.filter(
      (row) => row.tenant_id === tenant_id && row.type === type && row.bucket === bucket,
    );
    t.equal(counted, same.length, `${type} ${bucket}`);
  }
  const groups = await bed.rows('hub', 'failure_groups');
  const failures = await bed.rows('hub', 'failures');
  t.equal(
    groups.reduce((sum, group) => sum + group.failures, 0),
    failures.length,
  );
  const entries = await bed.rows('hub', 'failure_runs');
  const hours = await bed.rows('hub', 'failure_hours');
  for (const counted of [entries, hours])
    t.equal(
      counted.reduce((sum, row) => sum + row.failures, 0),
      failures.length,
    );
  for (const counted of [groups, hours])
    t.equal(
      counted.reduce((sum, row) => sum + row.runs, 0),
      entries.length,
    );
  const active = rows.filter((row) => !isTerminal(runs.get(row.run_id)?.lifecycle ?? 'pending'));
  t.equal(new Set(active.map((row) => row.run_id.slice(0, 32))).size, active.length, 'one active run a key');
});
