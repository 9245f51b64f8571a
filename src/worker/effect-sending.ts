import type { Clock } from '../clock.js';
import type { GraphClient, GraphWriter } from '../graph/client/graph-client.js';
import { createWaitBudget } from '../graph/client/wait-budget.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { Effect } from '../operations/effect.js';
import type { RunHandle } from '../operations/run-handle.js';
import { Flight } from './flight.js';

/** A client that writes to a tenant; each of its requests takes `requestTimeoutMs` at most. */
export type OpenGraphWriter = (options: {
  readonly tenantId: string;
  readonly requestTimeoutMs: number;
}) => Promise<Pick<GraphClient, 'write'>>;

export interface SendingDependencies {
  readonly clock: Clock;
  readonly run: Pick<RunHandle, 'tenantId' | 'signal' | 'waiting'>;
  /** Aborts when the claim is lost. */
  readonly lost: AbortSignal;
  readonly openGraphWriter: OpenGraphWriter;
  /** Whether nobody can take the run over for so long, without asking anybody. */
  readonly isClaimCertainFor: (ms: number) => boolean;
  /** Resolves once that is so. Errors: ClaimLostError. */
  readonly ensureClaimFor: (ms: number) => Promise<void>;
}

/** What became of a request: an answer, or an error and whether the request may have been carried out. */
export type Sent<Result> =
  | { readonly result: Result }
  | { readonly error: unknown; readonly isUnanswered: boolean };

/** Waits for Graph that one effect may take in all, as long as its run's budget allows. */
const GRAPH_WAIT_MAX_MS = 15 * 60_000;

/**
 * Has an effect sent, its claim checked right before each request leaves. Once the run is told to end nothing more is
 * sent, and what is under way may still be answered within its time. `onFlight` is given what is under way.
 */
export async function sendEffect<Result extends JsonObject | null>(
  deps: SendingDependencies,
  effect: Effect<Result>,
  clientRequestId: string,
  onFlight: (flight: Flight) => void,
): Promise<Sent<Result>> {
  const { clock, run, lost } = deps;
  const { timeoutMs } = effect;
  const over = new AbortController();
  const flight = new Flight(clock, timeoutMs, () => over.abort(new Error('no answer came in time')));
  onFlight(flight);
  const endUnlessUnderWay = () => {
    if (run.signal.aborted && !flight.isUnanswered) over.abort(run.signal.reason);
  };
  const end = () => over.abort(lost.reason);
  run.signal.addEventListener('abort', endUnlessUnderWay);
  lost.addEventListener('abort', end);

  async function beforeRequest(): Promise<void> {
    flight.answered();
    while (!deps.isClaimCertainFor(timeoutMs)) await deps.ensureClaimFor(timeoutMs);
    run.signal.throwIfAborted();
    flight.begin();
  }

  async function graph(): Promise<GraphWriter> {
    const client = await deps.openGraphWriter({ tenantId: run.tenantId, requestTimeoutMs: timeoutMs });
    return {
      write: (method, path, body) =>
        client.write(method, path, body, {
          clientRequestId,
          signal: over.signal,
          beforeWrite: beforeRequest,
          waitBudget: createWaitBudget(GRAPH_WAIT_MAX_MS),
          onWaiting({ reasonCode, untilMs }) {
            // Graph has said that it did not take the request.
            flight.answered();
            endUnlessUnderWay();
            run.waiting({ reasonCode, until: untilMs, reason: 'Graph asks for patience.' });
          },
        }),
    };
  }

  try {
    await beforeRequest();
    const result = await effect.send({ clientRequestId, signal: over.signal, beforeRequest, graph });
    flight.answered();
    return { result };
  } catch (error) {
    return { error, isUnanswered: flight.isUnanswered };
  } finally {
    run.signal.removeEventListener('abort', endUnlessUnderWay);
    lost.removeEventListener('abort', end);
  }
}
