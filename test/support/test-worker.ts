import type { Logger } from 'pino';
import type { CommandBus } from '../../src/bus/command-bus.js';
import { systemClock } from '../../src/clock.js';
import { type Ledger, readerOf } from '../../src/ledger/ledger.js';
import type { OperationServices } from '../../src/operations/operation-services.js';
import type { OperationRegistry } from '../../src/operations/registry.js';
import { Worker, type WorkerDependencies, type WorkerOptions } from '../../src/worker/worker.js';
import { memoryLiveness } from './memory-liveness.js';
import { noGraph } from './no-graph.js';

/** A worker for operations that use nothing but the ledger, with four slots and a lost-after time of a second. */
export function createTestWorker(
  parts: Partial<WorkerDependencies> & {
    readonly ledger: Ledger;
    readonly bus: CommandBus;
    readonly operations: OperationRegistry;
    readonly logger: Logger;
  },
  options: Partial<WorkerOptions> = {},
): Worker {
  const services = { ledger: readerOf(parts.ledger), clock: systemClock } as OperationServices;
  return new Worker(
    {
      openGraphWriter: noGraph,
      servicesOf: () => services,
      liveness: memoryLiveness(),
      clock: systemClock,
      ...parts,
    },
    {
      name: 'w-1',
      limits: { total: 4, perTenant: 4, perType: {} },
      beatEveryMs: 1_000,
      lostAfterMs: 1_000,
      drainMs: 50,
      ...options,
    },
  );
}
