import type { Test } from 'tap';
import { systemChance, systemClock } from '../../src/clock.js';
import { createGraphClient } from '../../src/graph/client/create-graph-client.js';
import type { GraphClient } from '../../src/graph/client/graph-client.js';
import type { GraphObject } from '../../src/graph/simulator/graph-value.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import type { GraphContent } from '../../src/graph/simulator/tenant-state.js';
import { createEventStoreLog } from '../../src/ledger/event-store-log.js';
import { createLedger, type Ledger } from '../../src/ledger/ledger.js';
import type { PolicyType } from '../../src/policies/catalogue/policy-types.js';
import { productEvents } from '../../src/program/product-events.js';
import { type CapturingRun, captureSnapshot } from '../../src/snapshots/capture-snapshot.js';
import { produceOnce } from '../../src/worker/produce-once.js';
import { testStore } from '../embedded/event-store/support/test-store.js';
import { createBedArtifacts } from './operation-bed.js';

/** Captures policies of a simulated tenant into a real event store, by the append of real runs. */
export async function createCaptureBed(t: Test, content: GraphContent) {
  const { store } = await testStore(t);
  const log = createEventStoreLog({ url: store.url });
  t.teardown(() => log.close());
  const simulator = await startGraphSimulator({ source: { content } });
  t.teardown(() => simulator.stop());
  const ledger = createLedger({ events: productEvents, log, clock: systemClock, chance: systemChance });
  const artifacts = createBedArtifacts();
  const connect = (): GraphClient =>
    createGraphClient({
      baseUrl: simulator.url,
      token: async () => 'a-token',
      readOnly: true,
      clock: systemClock,
      chance: systemChance,
    });
  return {
    ledger,
    log,
    artifacts,
    simulator,
    connect,
    /** Captures as a run does, with a client of its own. */
    capture: (run: CapturingRun, type: PolicyType, id: string) =>
      captureSnapshot({ ledger, artifacts }, connect(), run, { type, id }),
    /** Replaces an object of the tenant. */
    change: (path: string, entity: GraphObject) => simulator.tenants()[0]?.state.put(path, entity),
  };
}

/** A run that appends as a claimed run does. `dies` can throw before an append, or after it with its answer. */
export function capturingRun(
  ledger: Ledger,
  { tenantId, runId }: { readonly tenantId: string; readonly runId: string },
  dies: (moment: 'before' | 'after') => void = () => undefined,
): CapturingRun {
  return {
    tenantId,
    runId,
    async produce(stream, draft, expected) {
      dies('before');
      const produced = await produceOnce(ledger, {
        run: { runId, queuedPosition: 0 },
        stream,
        draft,
        expected,
        context: {
          tenantId,
          runId,
          attempt: 1,
          actor: { kind: 'worker', id: 'w-1' },
          correlationId: 'c',
          causationId: 'c',
        },
      });
      dies('after');
      return produced;
    },
  };
}
