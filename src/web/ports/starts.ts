import type { z } from 'zod';
import type { Schedulable } from '../../operations/schedulable.js';
import type { ReasonCode } from '../../runs/reason-codes.js';
import type { TenantRequest, WebActor } from './actors.js';

/** What pages and the API show of an operation type. */
export interface OperationSummary {
  readonly type: string;
  /** The name for people, such as "Inventory". */
  readonly label: string;
  readonly description: string;
  readonly version: number;
  readonly itemisedBy: string;
  /** Whether workers of this program or an outside program over the API carries it out. */
  readonly carriedOutBy: 'worker' | 'producer';
  readonly input: z.ZodType;
  /** The permissions of Graph that its runs use; none when they don't use it. */
  readonly permissions: readonly string[];
  /** How schedules start it; undefined for a type that no schedule can start. */
  readonly schedulable: Schedulable | undefined;
  /** What a run without input covers, in words; undefined where there are no such words. */
  readonly withoutInput: string | undefined;
  /** The reason codes of the type, besides the built-in ones. */
  readonly reasonCodes: Readonly<Record<string, ReasonCode>>;
}

export interface StartRequest {
  readonly tenantId: string;
  readonly type: string;
  /** Not checked here; the type's own schema checks it. */
  readonly input: unknown;
  readonly correlationId: string;
  readonly causedBy?: { readonly runId: string; readonly relation: string };
  /**
   * An API client's key for this request. A request that is sent again with the same key returns the run that it
   * started.
   */
  readonly requestKey?: string;
}

export interface StartRefusal {
  /** A code from the list of reason codes, for the refusal. */
  readonly code: string;
  readonly message: string;
  /** The run that prevents the start, if there is one. */
  readonly runId?: string;
}

export type StartOutcome =
  | {
      /** `repeated`: a request with the same key was carried out before, and its run may have ended. */
      readonly kind: 'started' | 'reused' | 'repeated';
      readonly runId: string;
      /** The log position that the read models must reach to show the run; -1 when they show it already. */
      readonly position: number;
    }
  | { readonly kind: 'refused'; readonly refusal: StartRefusal };

/** A request to start a run again, with its input or an edited one (R9). */
export interface RunAgainRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly input?: unknown;
  readonly correlationId: string;
}

/** Starts runs. It checks what the type requires for an input, from the tenant's log (R4, R5). */
export interface StartsPort {
  /** Every operation type, in the order in which pages offer them. */
  readonly types: readonly OperationSummary[];
  start(actor: WebActor, request: StartRequest): Promise<StartOutcome>;
  startAgain(actor: WebActor, request: RunAgainRequest): Promise<StartOutcome>;
  /** Starts now what a schedule starts at its due times; the schedule's page shows who did it. */
  startScheduled(
    actor: WebActor,
    request: TenantRequest & { readonly scheduleId: string },
  ): Promise<StartOutcome>;
}
