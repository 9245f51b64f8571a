import type { JsonObject } from '../ledger/canonical-json.js';
import type { Counts } from '../runs/run-events.js';
import type { ProducerRefusalCode } from './producer-refusals.js';
import type { ProducerReport } from './reports.js';

/** Who speaks of which run. */
export interface ProducerRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly clientId: string;
  /** Id of the request, kept with the events it causes. */
  readonly requestId: string;
}

export interface ProducerRefusal {
  readonly kind: 'refused';
  readonly code: ProducerRefusalCode;
  /** In words for whoever writes the producer. */
  readonly message: string;
}

/** A run in a producer's hands. `attempt` goes into each of its reports: it is what fences it. */
export interface ClaimedByProducer {
  readonly kind: 'claimed';
  readonly runId: string;
  readonly type: string;
  readonly version: number;
  readonly attempt: number;
  readonly scope: JsonObject;
  readonly input: JsonObject;
  readonly counts: Counts;
  /** Silence after which the run is aborted, milliseconds. */
  readonly silenceMs: number;
  /** Whether this producer had it already. */
  readonly repeated: boolean;
  /** Log position of the claim, or null when nothing new was written. */
  readonly position: number | null;
}

export interface Noted {
  readonly kind: 'noted';
  readonly runId: string;
  readonly attempt: number;
  readonly counts: Counts;
  /** Log position of the newest event that this report wrote, or null when there was nothing new in it. */
  readonly position: number | null;
}

/** Runs in the hands of producers outside. Errors of both: those of the ledger. */
export interface ProducedRuns {
  /** Takes a pending run; again by the same producer answers the same claim. */
  claim(request: ProducerRequest, producer: string): Promise<ClaimedByProducer | ProducerRefusal>;
  /** Takes a report of the claim's holder. What is known already is not written twice. */
  report(request: ProducerRequest, attempt: number, report: ProducerReport): Promise<Noted | ProducerRefusal>;
}
