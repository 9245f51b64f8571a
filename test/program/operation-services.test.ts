import { randomBytes, randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { systemChance, systemClock } from '../../src/clock.js';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { createExportFileStore } from '../../src/db/export-files.js';
import { createGraphCredentialStore } from '../../src/db/graph-credentials.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { createWriterPool } from '../../src/db/pools.js';
import type { GraphClient } from '../../src/graph/client/graph-client.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import type { Ledger } from '../../src/ledger/ledger.js';
import { inventorySync } from '../../src/operations/inventory-sync/inventory-sync.js';
import { builtInOperations } from '../../src/operations/registry.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import { createOperationServices } from '../../src/program/operation-services.js';
import type { ItemOutcome } from '../../src/runs/run-events.js';
import { catalogContent, failsWith } from '../graph/simulator-and-client.js';
import { silent, testDatabase } from '../support/database.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

/**
 * Goal: an inventory distinguishes failures of Graph from those of the database. Method: the handler with the program's
 * own services, a simulated Graph over HTTP, and PostgreSQL behind a proxy that can cut it off; the run keeps its
 * outcomes in memory.
 */
const POLICIES = 40;
const TYPE = 'configurationPolicies';
/** Long enough that a query is sent while the database is away. */
const AWAY_MS = 700;

async function inventoryBed(t: Test) {
  const database = await testDatabase(t);
  const url = new URL(database.url);
  const proxy = await startTcpProxy(Number(url.port));
  t.teardown(() => proxy.close());
  url.port = String(proxy.port);
  const db = createWriterPool(url.href, { logger: silent, connectionsMax: 4 });
  t.teardown(() => db.destroy());
  const masterKey = parseMasterKey(randomBytes(32).toString('hex'));
  const credentials = createGraphCredentialStore({ db, masterKey });
  const tenantId = randomUUID();
  await credentials.set(tenantId, null, { token: 'a-token' });
  const simulator = await startGraphSimulator({ source: { content: catalogContent(POLICIES) } });
  t.teardown(() => simulator.stop());
  const { servicesOf } = createOperationServices({
    ledger: { last: async () => undefined } as Partial<Ledger> as Ledger,
    clock: systemClock,
    chance: systemChance,
    credentials,
    artifacts: createArtifactStore({ db, masterKey }),
    exportFiles: createExportFileStore({ db, masterKey }),
    operations: builtInOperations,
    directory: {
      tenant: () => ({
        tenantId,
        slug: 'a',
        name: 'A',
        graphBaseUrl: simulator.url,
        graphSignIn: null,
        closed: false,
      }),
      all: () => [],
    },
    shareOf: () => 1,
  });

  const recorded = new Map<string, ItemOutcome>();
  const notes: string[] = [];
  const take = async (
    on: { readonly item?: () => void; readonly waiting?: (reasonCode: string) => void } = {},
    input: { readonly acceptCountMismatch?: true } = {},
  ) => {
    recorded.clear();
    const { signal } = new AbortController();
    const run: Partial<RunHandle> = {
      tenantId,
      signal,
      recorded,
      repeated: new Set<string>(),
      setTotal: async () => undefined,
      flush: async () => undefined,
      note: async (note) => void notes.push(note),
      record: async (outcome) => {
        recorded.set(outcome.itemId, outcome);
        on.item?.();
      },
      waiting: ({ reasonCode }) => on.waiting?.(reasonCode),
      withinItemBudget: (work) => work(signal),
    };
    const context = { selection: { policyTypes: [TYPE] }, scopeKey: 'c'.repeat(32), ...input };
    return inventorySync.handle(run as RunHandle, context, servicesOf(run as RunHandle));
  };
  return { simulator, proxy, recorded, notes, take, tenantId, servicesOf };
}

t.test('the clients that handlers get refuse a write before it reaches a socket', async (t) => {
  const { simulator, servicesOf, tenantId } = await inventoryBed(t);
  const run = { tenantId, signal: new AbortController().signal } as Partial<RunHandle> as RunHandle;
  const services = servicesOf(run);
  const { graph } = await services.connection({ tenantId, run, proposed: null });
  for (const client of [await services.graph({ tenantId, run }), graph]) {
    // Handlers get a type without it; the method is there all the same.
    const { write } = client as GraphClient;
    await failsWith(t, write('POST', 'groups', {}), { problem: 'read_only' });
  }
  t.same(simulator.requests(), []);
});

t.test('a run waits for a database that is away, and Graph isn’t blamed', async (t) => {
  const { proxy, recorded, take } = await inventoryBed(t);
  const complete = (message: string) => {
    t.equal(recorded.size, POLICIES + 1, message);
    t.ok([...recorded.values()].every(({ outcome }) => outcome === 'succeeded'));
  };
  const waits = new Set<string>();
  proxy.goAway();
  await take({
    waiting: (reasonCode) => {
      waits.add(reasonCode);
      proxy.heal();
    },
  });
  t.same(waits, new Set(['storage_unavailable']));
  complete('away when the credential is read');

  let items = 0;
  await take({
    item: () => {
      items += 1;
      if (items !== 5) return;
      proxy.goAway();
      void systemClock.sleep(AWAY_MS).then(() => proxy.heal());
    },
  });
  complete('away when policies are stored');
});

t.test('where Graph accepts no token, the run ends instead of failing item by item', async (t) => {
  const { simulator, recorded, take } = await inventoryBed(t);
  simulator.failNext({ kind: 'status', status: 401, path: 'configurationPolicies/', count: 1000 });
  await failsWith(t, take(), { reasonCode: 'graph_unauthenticated' });
  t.equal(recorded.size, 0);
});

t.test('a list shorter than declared keeps its policies, and a person can accept it', async (t) => {
  const { simulator, recorded, notes, take } = await inventoryBed(t);
  const lie = { kind: 'declared_count', declared: 1000, path: `${TYPE}$`, count: 99 } as const;
  simulator.failNext(lie);
  await take();
  t.equal(recorded.size, POLICIES + 1, 'every policy that came');
  t.match(recorded.get(TYPE), {
    outcome: 'failed',
    reasonCode: 'count_mismatch',
    reason: /declared 1,000, received 40/,
  });
  await take({}, { acceptCountMismatch: true });
  t.match(recorded.get(TYPE), { outcome: 'succeeded' });
  t.match(notes, [/Settings catalog: .*declared 1,000, received 40.*accept/]);
});
