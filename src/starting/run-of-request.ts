import type { LedgerReader } from '../ledger/ledger.js';
import { eventAt } from '../runs/read-operation.js';

/**
 * Finds in an operation's stream the run that a request started, by its correlation id. It reads back from the newest
 * run to the first one that was queued before `notBefore`, milliseconds since 1970.
 */
export async function runOfRequest(
  ledger: LedgerReader,
  stream: string,
  request: { readonly correlationId: string; readonly notBefore: number },
): Promise<{ readonly runId: string; readonly position: number } | undefined> {
  let last = await ledger.last(stream);
  while (last?.envelope.runStart !== undefined && Date.parse(last.envelope.at) >= request.notBefore) {
    const queued = await eventAt(ledger, stream, last.envelope.runStart);
    if (queued?.envelope.runId !== undefined && queued.envelope.$correlationId === request.correlationId)
      return { runId: queued.envelope.runId, position: queued.position };
    // The previous run ends right before this run's first event.
    last = queued && queued.revision > 0 ? await eventAt(ledger, stream, queued.revision - 1) : undefined;
  }
  return undefined;
}
