import { systemChance } from '../src/clock.js';
import { DOCUMENTED_LIMITS } from '../src/graph/request-limits.js';
import { backupSetAddPolicies } from '../src/operations/backup-set-add-policies/backup-set-add-policies.js';
import { inventorySync } from '../src/operations/inventory-sync/inventory-sync.js';
import { createFillingBed } from '../test/support/filling-bed.js';
import { createVirtualTime, type VirtualTime } from '../test/support/virtual-time.js';
import { type LargeTenant, largeTenant } from './large-tenant.js';
import { type BenchOptions, report } from './report.js';
import { restoreUnderLimits } from './restore-under-limits.js';

/** The time that Graph takes for an answer. */
const LATENCY_MS = 200;
const LIMIT = DOCUMENTED_LIMITS.intune_reads;

/**
 * An inventory of 5,000 policies under Intune's documented limits, two backup sets of them, and a restore of 500 others.
 * It compares the
 * requests and the bytes with the fewest possible, and the time with the least that the limits allow. It uses real
 * claims, sockets and virtual time, and keeps log and artifacts in memory.
 */
export async function run(options: BenchOptions): Promise<void> {
  const tenant = largeTenant();
  await onBed(tenant, async (measured) => {
    const { policyTypes } = tenant;
    print('inventory', await measured.run(inventorySync, { policyTypes }), { tenant, names: 0 }, options);
  });
  await onBed(tenant, async (measured) => {
    const choice = { from: 'tenant', policyTypes: tenant.policyTypes };
    for (const step of ['first backup set', 'second backup set of the same content']) {
      const setId = systemChance.uuid();
      await measured.bed.makeSet(setId);
      const figures = await measured.run(backupSetAddPolicies, { setId, choice });
      print(step, figures, { tenant, names: tenant.fewestNames }, options);
    }
  });
  for (const latencyMs of [LATENCY_MS / 2, LATENCY_MS]) await restoreUnderLimits(latencyMs, options);
}

/** What one run took. */
interface Figures {
  readonly items: number;
  readonly requests: number;
  readonly refused: number;
  readonly received: number;
  readonly logged: number;
  readonly kept: number;
  readonly seconds: number;
}

type Bed = Awaited<ReturnType<typeof createFillingBed>>;

interface Measured {
  readonly bed: Bed;
  run(definition: Parameters<Bed['begin']>[1], input: object): Promise<Figures>;
}

async function onBed(tenant: LargeTenant, measure: (measured: Measured) => Promise<void>): Promise<void> {
  const time = createVirtualTime();
  const ends: (() => Promise<void>)[] = [];
  const traffic = { received: 0 };
  const bed = await createFillingBed({ teardown: (end) => void ends.push(end) }, tenant.content, {
    clock: time.clock,
    fetch: countingFetch(time, traffic),
    simulation: { throttle: DOCUMENTED_LIMITS, latencyMs: LATENCY_MS, clock: time.serverClock },
  });
  const sofar = (): Omit<Figures, 'items'> => {
    const asked = bed.simulator.requests().filter(({ path }) => path !== '$batch');
    return {
      requests: asked.length,
      refused: asked.filter(({ status }) => status === 429).length,
      received: traffic.received,
      logged: bed.log.events.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
      kept: [...bed.artifacts.stored.values()].reduce((sum, { length }) => sum + length, 0),
      seconds: time.clock.monotonicMs() / 1000,
    };
  };
  const run: Measured['run'] = async (definition, input) => {
    // The limits have forgotten the run before.
    await time.clock.sleep(LIMIT.windowMs);
    const before = sofar();
    const { runId } = await bed.fill(input, definition);
    const after = sofar();
    const { succeeded } = await bed.counts(runId);
    return {
      items: succeeded,
      requests: after.requests - before.requests,
      refused: after.refused - before.refused,
      received: after.received - before.received,
      logged: after.logged - before.logged,
      kept: after.kept - before.kept,
      seconds: after.seconds - before.seconds,
    };
  };
  try {
    await measure({ bed, run });
  } finally {
    for (const end of ends) await end();
  }
}

function countingFetch({ fetch: send }: VirtualTime, traffic: { received: number }): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    const body = await response.arrayBuffer();
    traffic.received += body.byteLength;
    return new Response(body, response);
  };
}

function print(
  step: string,
  figures: Figures,
  { tenant, names }: { readonly tenant: LargeTenant; readonly names: number },
  options: BenchOptions,
): void {
  const figure = (metric: string, unit: string, value: number, subject = 'opsledger') =>
    report(
      { bench: 'operations', subject, metric: `${step}, ${metric}`, unit, value, n: figures.items },
      options,
    );
  const fewest = tenant.fewestRequests + names;
  // Names don't count for the limit of policies.
  const least = (Math.floor((tenant.fewestRequests - 1) / LIMIT.ofApp) * LIMIT.windowMs) / 1000;
  figure('items', 'items', figures.items);
  figure('requests', 'requests', fewest, 'fewest possible');
  figure('requests', 'requests', figures.requests);
  figure('refused (429)', 'requests', figures.refused);
  figure('requests against the fewest', 'times', figures.requests / fewest);
  figure('time', 's', least, 'least that the limits allow');
  figure('time', 's', figures.seconds);
  figure('time against the least', 'times', figures.seconds / least);
  figure('received', 'kB', tenant.contentBytes / 1000, 'the policies alone');
  figure('received', 'kB', figures.received / 1000);
  figure('log', 'kB', figures.logged / 1000);
  figure('kept contents', 'kB', figures.kept / 1000);
}
