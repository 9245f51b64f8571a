import type { Kysely } from 'kysely';
import { createLiveness } from '../db/liveness.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { createProducedRuns } from '../producers/produced-runs.js';
import type { ProducersPort } from '../producers/producers-port.js';
import type { StartDependencies } from '../runs/start-run.js';
import { answeredOrUnavailable } from './log-trouble.js';

/** Claims and reports of producers outside, as the API passes them on. */
export function createProducersPort(deps: {
  readonly start: StartDependencies;
  readonly primary: Kysely<PrimaryTables>;
}): ProducersPort {
  const { ledger, operations, clock, logger } = deps.start;
  const liveness = createLiveness(deps.primary);
  const runs = createProducedRuns({ ledger, operations, liveness, clock, logger });
  return {
    claim: (request, producer) => answeredOrUnavailable(() => runs.claim(request, producer)),
    report: (request, attempt, report) => answeredOrUnavailable(() => runs.report(request, attempt, report)),
  };
}
