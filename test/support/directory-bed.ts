import type { Clock } from '../../src/clock.js';
import type { GraphClient } from '../../src/graph/client/graph-client.js';
import type { GraphObject } from '../../src/graph/simulator/graph-value.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { directoryGroupsSync } from '../../src/operations/directory-groups-sync/directory-groups-sync.js';
import type { OperationServices } from '../../src/operations/operation-services.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import { type ProductDraft, productEvents } from '../../src/program/product-events.js';
import { readOperation } from '../../src/runs/read-operation.js';
import { latestRun } from '../../src/runs/run-state.js';
import { operationKey, operationStream, runIdOf } from '../../src/runs/run-streams.js';
import { isTerminal } from '../../src/runs/status-bucket.js';
import { ClaimedRun } from '../../src/worker/claimed-run.js';
import { OUTCOME_BATCH_LIMITS } from '../../src/worker/outcome-batch.js';
import { simulatorAndClient } from '../graph/simulator-and-client.js';
import { createMemoryLog } from './memory-log.js';
import { noGraph } from './no-graph.js';
import { createBedArtifacts } from './operation-bed.js';
import { createSeededChance } from './seeded-chance.js';

export const DIRECTORY_TENANT = '0d0d0d0d-0000-4000-8000-000000000002';
const SYNC_EVERY_MS = 60_000;
const BASE_URL = 'https://graph.example';

/** Synchronizations of a simulated tenant's directory by real claimed runs, on a log in memory. */
export async function createDirectoryBed(
  t: { teardown(end: () => Promise<void>): void },
  groups: readonly GraphObject[],
  more: Readonly<Record<string, readonly GraphObject[]>> = {},
) {
  const content = new Map([['groups', groups], ...Object.entries(more)]);
  const { simulator, client, clock } = await simulatorAndClient(t, { content });
  const log = createMemoryLog(clock.now);
  const runClock: Clock = { ...clock, monotonicMs: () => 0, sleep: () => new Promise(() => undefined) };
  const ledger = createLedger({ events: productEvents, log, clock, chance: createSeededChance(1) });
  const artifacts = createBedArtifacts();
  const key = operationKey(DIRECTORY_TENANT, directoryGroupsSync.type, {});
  const stream = operationStream(DIRECTORY_TENANT, key);
  let directoryId: string | null = null;

  /** Queues a run, or begins the next attempt of one that has not ended. */
  async function claim(): Promise<ClaimedRun> {
    const before = await readOperation(ledger, stream);
    const isOver = !before.run || isTerminal(before.run.lifecycle);
    const runStart = isOver ? before.head.revision + 1 : latestRun(before).start;
    const attempt = isOver ? 1 : latestRun(before).attempt + 1;
    const queued: ProductDraft = {
      type: 'RunQueued',
      data: {
        type: directoryGroupsSync.type,
        definitionVersion: 1,
        scope: {},
        context: {},
        total: null,
        initiator: { kind: 'api', clientId: 'test' },
        input: {},
        causedBy: null,
        related: [],
        title: 'Groups',
      },
    };
    const started: ProductDraft = { type: 'RunStarted', data: { attempt, worker: 'w' } };
    await ledger.append(stream, before.head, isOver ? [queued, started] : [started], {
      tenantId: DIRECTORY_TENANT,
      runId: runIdOf(key, runStart),
      runStart,
      attempt,
      actor: { kind: 'system', id: 'test' },
      correlationId: 'c',
      causationId: 'c',
    });
    return new ClaimedRun(
      {
        ledger,
        clock: runClock,
        openGraphWriter: noGraph,
        definition: directoryGroupsSync,
        stream,
        tenantId: DIRECTORY_TENANT,
        worker: 'w',
        limits: OUTCOME_BATCH_LIMITS,
        controller: new AbortController(),
        claimedMs: 0,
        lostAfterMs: 1_000_000,
      },
      await readOperation(ledger, stream),
    );
  }

  /**
   * Runs the handler once. `onProduce` is called before each event in another stream; an error that it throws is the
   * crash of the run, which no other attempt takes over when it is `abandoned`. `pages` answers in Graph's place.
   */
  async function sync(
    over: {
      readonly onProduce?: () => void;
      readonly abandoned?: boolean;
      readonly pages?: GraphClient['pages'];
    } = {},
  ) {
    await clock.sleep(SYNC_EVERY_MS);
    const run = await claim();
    const from = log.events.length;
    const handle = over.onProduce ? interrupted(run, over.onProduce) : run;
    const graph: GraphClient = over.pages ? { ...client, pages: over.pages } : client;
    const services: Partial<OperationServices> = {
      ledger,
      clock,
      artifacts,
      connection: async () => ({
        connection: {
          baseUrl: directoryId === null ? BASE_URL : `${BASE_URL}/${directoryId}`,
          signIn: null,
        },
        graph,
        token: async () => 'a-token',
      }),
    };
    const completion = await directoryGroupsSync
      .handle(handle as RunHandle, {}, services as OperationServices)
      .catch(async (error: unknown) => {
        // Writes the buffered outcomes to the log.
        await run.flush();
        if (over.abandoned) await run.fail('unexpected', 'its worker is gone');
        throw error;
      });
    await run.complete(completion);
    const state = latestRun(await readOperation(ledger, stream));
    return {
      summary: completion.summary,
      items: [...state.items.values()],
      types: log.events.slice(from).map(({ type }) => type),
    };
  }

  return {
    ledger,
    log,
    artifacts,
    simulator,
    clock,
    sync,
    state: () => {
      const state = simulator.tenants()[0]?.state;
      if (!state) throw new Error('the simulator has no tenant yet');
      return state;
    },
    /** Connects the tenant to another directory. */
    reconnect: (id: string) => {
      directoryId = id;
    },
    requests: () => simulator.requests(),
  };
}

function interrupted(run: ClaimedRun, onProduce: () => void): RunHandle {
  return new Proxy(run, {
    get(target, name) {
      if (name === 'produce')
        return (...given: Parameters<ClaimedRun['produce']>) => {
          onProduce();
          return target.produce(...given);
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
