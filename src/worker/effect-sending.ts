import type { Clock } from '../clock.js';
import { createWaitBudget } from '../graph/client/wait-budget.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { ConnectedWriter, Effect } from '../operations/effect.js';
import type { RunHandle } from '../operations/run-handle.js';
import { Flight } from './flight.js';

/** Opens a client that writes to a tenant; each of its requests takes `requestTimeoutMs` at most. */
export type OpenGraphWriter = (options: {
  readonly tenantId: string;
  readonly requestTimeoutMs: number;
}) => Promise<ConnectedWriter>;

export interface SendingDependencies {
  readonly clock: Clock;
  readonly run: Pick<RunHandle, 'tenantId' | 'signal' | 'waiting'>;
  /** Aborts when the claim is lost. */
  readonly lost: AbortSignal;
  readonly openGraphWriter: OpenGraphWriter;
  /** Whether it is already known that nobody can take over the run for the next `ms`. */
  readonly isClaimCertainFor: (ms: number) => boolean;
  /** Waits until that is certain. Errors: ClaimLostError. */
  readonly ensureClaimFor: (ms: number) => Promise<void>;
}

/** The result of a request: an answer, or an error with whether the request may have been carried out. */
export type Sent<Result> =
  | { readonly result: Result }
  | { readonly error: unknown; readonly isUnanswered: boolean };

/** The longest time that one effect may wait for Graph in all, within its run's budget. */
const GRAPH_WAIT_MAX_MS = 15 * 60_000;

/**
 * Sends an effect and checks the claim right before each request. When the run is told to end, nothing more is sent,
 * but a request that is under way may still be answered in its time. `onFlight` receives the tracker of the request
 * under way.
 */
export async function sendEffect<Result extends JsonObject | null>(
  deps: SendingDependencies,
  effect: Effect<Result>,
  clientRequestId: string,
  onFlight: (flight: Flight) => void,
): Promise<Sent<Result>> {
  const { clock, run, lost } = deps;
  const { timeoutMs } = effect;
  const sending = new AbortController();
  const flight = new Flight(clock, timeoutMs, () => sending.abort(new Error('no answer came in time')));
  onFlight(flight);
  const endUnlessUnderWay = () => {
    if (run.signal.aborted && !flight.isUnanswered) sending.abort(run.signal.reason);
  };
  const end = () => sending.abort(lost.reason);
  run.signal.addEventListener('abort', endUnlessUnderWay);
  lost.addEventListener('abort', end);

  async function beforeRequest(): Promise<void> {
    flight.answered();
    while (!deps.isClaimCertainFor(timeoutMs)) await deps.ensureClaimFor(timeoutMs);
    run.signal.throwIfAborted();
    flight.begin();
  }

  async function graph(): Promise<ConnectedWriter> {
    const client = await deps.openGraphWriter({ tenantId: run.tenantId, requestTimeoutMs: timeoutMs });
    return {
      directory: client.directory,
      write: (method, path, body, { ifMatch, beforeWrite } = {}) =>
        client.write(method, path, body, {
          clientRequestId,
          ifMatch,
          signal: sending.signal,
          async beforeWrite() {
            await beforeWrite?.();
            await beforeRequest();
          },
          waitBudget: createWaitBudget(GRAPH_WAIT_MAX_MS),
          onWaiting({ reasonCode, untilMs }) {
            // Graph answered that it did not carry out the request.
            flight.answered();
            endUnlessUnderWay();
            run.waiting({ reasonCode, until: untilMs, reason: 'Graph asked to try again later.' });
          },
        }),
    };
  }

  try {
    await beforeRequest();
    const result = await effect.send({ clientRequestId, signal: sending.signal, beforeRequest, graph });
    flight.answered();
    return { result };
  } catch (error) {
    return { error, isUnanswered: flight.isUnanswered };
  } finally {
    run.signal.removeEventListener('abort', endUnlessUnderWay);
    lost.removeEventListener('abort', end);
  }
}
