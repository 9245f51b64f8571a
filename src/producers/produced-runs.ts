import type { JsonObject } from '../ledger/canonical-json.js';
import type { Counts } from '../runs/run-events.js';
import type { ProducerRefusalCode } from './producer-refusals.js';
import type { ProducerReport } from './reports.js';

/** The client and the run of a producer's request. */
export interface ProducerRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly clientId: string;
  /** Id of the request; it is stored in the events that the request causes. */
  readonly requestId: string;
}

export interface ProducerRefusal {
  readonly kind: 'refused';
  readonly code: ProducerRefusalCode;
  /** An explanation for the developer of the producer. */
  readonly message: string;
}

/** A run that a producer holds. Each of its reports must contain `attempt`, which fences it. */
export interface ClaimedByProducer {
  readonly kind: 'claimed';
  readonly runId: string;
  readonly type: string;
  readonly version: number;
  readonly attempt: number;
  readonly scope: JsonObject;
  readonly input: JsonObject;
  readonly counts: Counts;
  /** A run whose producer is silent for longer is aborted, milliseconds. */
  readonly silenceMs: number;
  /** Whether this producer had already claimed it. */
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

/** The runs of outside producers. Errors of both functions: those of the ledger. */
export interface ProducedRuns {
  /** Claims a pending run; the same producer gets the same claim again. */
  claim(request: ProducerRequest, producer: string): Promise<ClaimedByProducer | ProducerRefusal>;
  /** Accepts a report from the claim's holder. What was recorded before isn't written again. */
  report(request: ProducerRequest, attempt: number, report: ProducerReport): Promise<Noted | ProducerRefusal>;
}
