import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readConfig } from '../src/config.js';
import { createLogger } from '../src/logging.js';
import type { OperationDefinition } from '../src/operations/define.js';
import { createFeatures, FEATURE_LISTS } from '../src/program/features.js';
import { type Program, ROLES } from '../src/program/program-context.js';
import { startProgram } from '../src/program/start-program.js';

/**
 * Runs the whole product in this process, on embedded servers and an empty folder, during the measurement. It logs to a
 * file as in production; with `logged: false` it logs only errors.
 */
export async function withProduct(
  product: {
    readonly operations: readonly OperationDefinition[];
    /** How many runs are carried out at once, in all and for one tenant. */
    readonly slots: number;
    readonly slotsPerTenant: number;
    readonly logged?: boolean;
  },
  measure: (program: Program) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'opsledger-bench-'));
  try {
    const program = await startProgram({
      config: readConfig(
        {},
        {
          OPSLEDGER_DATA: dataDir,
          OPSLEDGER_WORKER_RUNS: String(product.slots),
          OPSLEDGER_WORKER_RUNS_PER_TENANT: String(product.slotsPerTenant),
        },
      ),
      roles: [...ROLES],
      features: createFeatures({ ...FEATURE_LISTS, operations: product.operations }),
      logger: createLogger(product.logged === false ? 'error' : 'info', path.join(dataDir, 'log.jsonl')),
    });
    try {
      await measure(program);
    } finally {
      await program.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
