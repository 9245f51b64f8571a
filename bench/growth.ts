import { sql } from 'kysely';
import { z } from 'zod';
import { hubProjection } from '../projections/hub/hub-projection.js';
import { systemChance, systemClock } from '../src/clock.js';
import { createBackupSet } from '../src/entities/backup-set/backup-set.js';
import type { GraphObject } from '../src/graph/simulator/graph-value.js';
import { startGraphSimulator } from '../src/graph/simulator/start-graph-simulator.js';
import { EVERY_STREAM } from '../src/ledger/streams.js';
import { defineOperation } from '../src/operations/define.js';
import { OPERATIONS } from '../src/operations/registry.js';
import { scopeKeyOf } from '../src/policies/selection.js';
import type { Program } from '../src/program/program-context.js';
import { startRun } from '../src/starting/start-run.js';
import { registerTenant, setGraphConnection } from '../src/tenancy/tenant-commands.js';
import { withProduct } from './product.js';
import { type BenchOptions, report } from './report.js';

const POLICIES = 5_000;
const NO_OP_RUNS = 200;
const TYPE = 'deviceConfigurations';
const PERSON = '22222222-2222-4222-8222-222222222222';
const CHANGE = { actor: { kind: 'system', id: 'bench' }, correlationId: 'bench' } as const;
const LOOK_EVERY_MS = 50;
/** Smaller growth is not reported, because PostgreSQL sometimes adds a page to a table. */
const REPORTED_BYTES_MIN = 8 * 1024;

/** Bytes by their user, such as `log InventoryItemsObserved` or `table run_items`. */
type Sizes = ReadonlyMap<string, number>;

const noOperation = defineOperation({
  type: 'bench.nothing',
  label: 'Nothing',
  description: 'Does nothing.',
  itemisedBy: 'nothing',
  input: z.strictObject({ id: z.string() }),
  scope: z.strictObject({ id: z.string() }),
  context: z.strictObject({}),
  plan: async ({ id }) => ({
    plan: { scope: { id }, context: {}, title: 'Nothing', total: 0, related: [] },
  }),
  handle: async () => ({ summary: 'Done', related: [] }),
});

/**
 * How many bytes runs add to the disk: a first inventory of 5,000 policies, unchanged inventories after it, a drift run
 * between two of them, two backup sets of the same content, and runs that do nothing; by table with its indexes, and by event type with its metadata. The
 * limits are 1 MB for an unchanged inventory and 2 MB for a second backup set.
 */
export async function run(options: BenchOptions): Promise<void> {
  const simulator = await startGraphSimulator({ source: { content: content() } });
  const product = { operations: [...OPERATIONS, noOperation], slots: 32, slotsPerTenant: 32 };
  try {
    await withProduct(product, async (program) => {
      const tenantId = await connectedTenant(program, simulator.url);
      const start = (type: string, input: object) => startOf(program, tenantId, type, input);
      const inventory = async () => visible(program, await start('inventory.sync', { policyTypes: [TYPE] }));
      const scopeKey = scopeKeyOf({ policyTypes: [TYPE] });
      const steps: readonly (readonly [string, number, () => Promise<void>])[] = [
        ['first inventory', 1, inventory],
        ['unchanged inventory', 1, inventory],
        ['next unchanged inventory', 1, inventory],
        ['first backup set', 1, () => backup(program, tenantId, start)],
        ['second backup set of the same content', 1, () => backup(program, tenantId, start)],
        ['drift', 1, async () => visible(program, await start('drift.generate', { scopeKey }))],
        [
          'no-op run',
          NO_OP_RUNS,
          async () => {
            let last = '';
            for (let n = 0; n < NO_OP_RUNS; n++) last = await start('bench.nothing', { id: String(n) });
            await visible(program, last);
          },
        ],
      ];
      // The read models are built before measuring, so that only the growth by runs is reported.
      await visible(program, await start('bench.nothing', { id: 'warm-up' }));
      let before = await sizes(program);
      for (const [step, runs, work] of steps) {
        await work();
        const after = await sizes(program);
        print(step, runs, before, after, options);
        before = after;
      }
    });
  } finally {
    await simulator.stop();
  }
}

function print(step: string, runs: number, before: Sizes, after: Sizes, options: BenchOptions): void {
  let all = 0;
  for (const [what, bytes] of after) {
    const added = bytes - (before.get(what) ?? 0);
    all += added;
    if (added < REPORTED_BYTES_MIN) continue;
    const metric = `${step}, ${what}`;
    report(
      {
        bench: 'growth',
        subject: 'opsledger',
        metric,
        unit: 'kB a run',
        value: added / runs / 1000,
        n: runs,
      },
      options,
    );
  }
  const metric = `${step}, all`;
  report(
    { bench: 'growth', subject: 'opsledger', metric, unit: 'kB a run', value: all / runs / 1000, n: runs },
    options,
  );
}

/** The bytes of each table with its indexes, and of each type's events. */
async function sizes({ infrastructure }: Program): Promise<Sizes> {
  const { ledger, primary } = infrastructure;
  const found = new Map<string, number>();
  const tables = await sql<{ name: string; bytes: number }>`
    select relname as name, pg_total_relation_size(pg_class.oid)::int8 as bytes
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where relkind = 'r' and nspname in (${hubProjection.schema}, 'opsledger', 'liveness')`.execute(primary);
  for (const { name, bytes } of tables.rows) found.set(`table ${name}`, Number(bytes));
  const reading = new AbortController();
  for await (const item of ledger.log.subscribe({
    after: undefined,
    streamPrefixes: EVERY_STREAM,
    signal: reading.signal,
  })) {
    if (item.kind === 'caught-up') break;
    if (item.kind !== 'event') continue;
    const { type, data, metadata } = item.event;
    const bytes = Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(metadata));
    found.set(`log ${type}`, (found.get(`log ${type}`) ?? 0) + bytes);
  }
  reading.abort();
  return found;
}

async function connectedTenant(program: Program, baseUrl: string): Promise<string> {
  const { ledger, ledgerId } = program.infrastructure;
  const tenant = { ledgerId, slug: 'bench', name: 'Bench', ownerId: PERSON };
  const { tenantId } = await registerTenant(ledger, tenant, CHANGE);
  await program.credentials.set(tenantId, null, { token: 'bench' });
  const position = await setGraphConnection(ledger, tenantId, { baseUrl, signIn: null }, CHANGE);
  await program.directory.waitFor(position, 60_000);
  return tenantId;
}

async function startOf(program: Program, tenantId: string, type: string, input: object): Promise<string> {
  const result = await startRun(program.starts, {
    tenantId,
    type,
    input,
    correlationId: 'bench',
    connected: true,
    allows: () => true,
    initiator: { kind: 'member', personId: PERSON },
  });
  if (result.kind === 'refused') throw new Error(`${type}: ${result.message}`);
  return result.runId;
}

/** Backs all policies up into a new set. */
async function backup(
  program: Program,
  tenantId: string,
  start: (type: string, input: object) => Promise<string>,
): Promise<void> {
  const setId = systemChance.uuid();
  const { ledger } = program.infrastructure;
  const asked = { tenantId, actor: CHANGE.actor, correlationId: 'bench', now: systemClock.now() };
  await createBackupSet.carryOut(ledger, { setId, name: 'Bench' }, asked);
  const choice = { from: 'tenant', policyTypes: [TYPE] };
  await visible(program, await start('backup_set.add_policies', { setId, choice }));
}

/** Resolves when the read models show the end of a run. */
async function visible({ infrastructure }: Program, runId: string): Promise<void> {
  const { primary } = infrastructure;
  for (;;) {
    const { rows } = await sql<{ bucket: string }>`
      select bucket from ${sql.table(`${hubProjection.schema}.runs`)} where run_id = ${runId}`
      .execute(primary)
      .catch(() => ({ rows: [] }));
    const bucket = rows[0]?.bucket;
    if (bucket === 'failed' || bucket === 'partially_succeeded') throw new Error(`the run is ${bucket}`);
    if (bucket === 'succeeded') return;
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

/** Policies of one type, each of about a kilobyte. */
function content(): ReadonlyMap<string, readonly GraphObject[]> {
  const policies = Array.from({ length: POLICIES }, (_, n): GraphObject => {
    const id = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const settings = Object.fromEntries(
      Array.from({ length: 20 }, (_unused, setting) => [`passwordSetting${setting}`, (n * setting) % 97]),
    );
    return {
      '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
      id,
      displayName: `Policy ${n} of the bench`,
      ...settings,
      assignments: [],
    };
  });
  return new Map([[`deviceManagement/${TYPE}`, policies]]);
}
