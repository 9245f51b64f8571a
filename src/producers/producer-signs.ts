import type { Logger } from 'pino';
import type { Liveness, RunName } from '../liveness/liveness.js';
import { forgetSigns } from '../liveness/signs-of-life.js';
import type { RunState } from '../runs/run-state.js';
import { holderEnd } from './holder-checks.js';
import type { ProducerRequest } from './produced-runs.js';

/** Signs of life of runs that producers hold. Errors with them never fail a request. */
export function createProducerSigns(deps: { readonly liveness: Liveness; readonly logger: Logger }) {
  const { liveness, logger } = deps;

  /** Notes a sign of life for the claim in the log, and replaces an earlier claim's sign. */
  async function beat(request: RunName, run: RunState, attempt: number): Promise<void> {
    const { tenantId, runId } = request;
    await signed(request, liveness.beat({ tenantId, runId, attempt, worker: run.worker ?? '' }));
  }

  /** Repeats the sign of life of a claim that has given one; returns whether it has. It doesn't read the log. */
  async function beatAgain(
    { tenantId, runId, clientId }: ProducerRequest,
    attempt: number,
  ): Promise<boolean> {
    const named = { tenantId, runId, attempt, workerEnd: holderEnd(clientId) };
    return (await signed({ tenantId, runId }, liveness.beatAgain(named))) ?? false;
  }

  /** Errors are only logged, because the watchdog counts no silence while signs of life can't be written. */
  async function signed<Answer>(run: RunName, beaten: Promise<Answer>): Promise<Answer | undefined> {
    return beaten.catch((error: unknown) => {
      logger.warn({ err: error, runId: run.runId, tenantId: run.tenantId }, 'a sign of life was not noted');
      return undefined;
    });
  }

  return { beat, beatAgain, forget: (request: ProducerRequest) => forgetSigns(deps, request) };
}
