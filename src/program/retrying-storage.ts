import type { Chance, Clock } from '../clock.js';
import { DatabaseUnavailableError } from '../db/database-trouble.js';
import type { ExportStorage } from '../exports/export-storage.js';
import { RunFailure } from '../operations/run-failure.js';
import type { ArtifactAccess } from '../snapshots/artifact-access.js';
import { backoffMs } from '../timing/backoff.js';

const RETRY = { firstMs: 250, longestMs: 10_000 };
/** Shorter than the budget of an item, so that the failure is recorded as `storage_unavailable`. */
const WAIT_MAX_MS = 15 * 60_000;

/**
 * Repeats work while the database doesn't answer. Errors: RunFailure `storage_unavailable` after 15 minutes; the signal's
 * reason as soon as it aborts between two tries.
 */
type Retry = <Result>(work: () => Promise<Result>) => Promise<Result>;

function createRetry({
  clock,
  chance,
  signal,
}: {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly signal: AbortSignal;
}): Retry {
  return async (work) => {
    const giveUpMs = clock.monotonicMs() + WAIT_MAX_MS;
    for (let failures = 0; ; failures += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof DatabaseUnavailableError)) throw error;
        if (clock.monotonicMs() > giveUpMs)
          throw new RunFailure('storage_unavailable', 'The database did not answer for 15 minutes.');
        await clock.sleep(backoffMs(RETRY, failures, chance), signal);
        if (signal.aborted) throw signal.reason;
      }
    }
  };
}

/**
 * Stores for one run. They retry while the database doesn't answer, because a run that has read half of a tenant must not
 * fail when a server restarts. Errors: RunFailure `storage_unavailable` after 15 minutes; the reason of the run's
 * `signal`, so that no stop waits for the database.
 */
export function retryingStorage(
  { artifacts, exportFiles }: { readonly artifacts: ArtifactAccess; readonly exportFiles: ExportStorage },
  parts: { readonly clock: Clock; readonly chance: Chance; readonly signal: AbortSignal },
): { readonly artifacts: ArtifactAccess; readonly exportFiles: ExportStorage } {
  const retry = createRetry(parts);
  return {
    artifacts: {
      put: (tenantId, body) => retry(() => artifacts.put(tenantId, body)),
      get: (tenantId, address) => retry(() => artifacts.get(tenantId, address)),
      digest: (tenantId, text) => retry(() => artifacts.digest(tenantId, text)),
    },
    exportFiles: {
      begin: (tenantId, runId) => retry(() => exportFiles.begin(tenantId, runId)),
      addPart: (writing, part, bytes) => retry(() => exportFiles.addPart(writing, part, bytes)),
      finish: (writing, size) => retry(() => exportFiles.finish(writing, size)),
      // A failed run doesn't wait for this; the remaining parts are removed later.
      discard: (writing) => exportFiles.discard(writing),
    },
  };
}
