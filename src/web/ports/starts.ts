import type { z } from 'zod';
import type { ReasonCode } from '../../runs/reason-codes.js';
import type { WebActor } from './actors.js';

/** An operation type, as far as pages and the API show it. */
export interface OperationSummary {
  readonly type: string;
  /** For people: "Inventory". */
  readonly label: string;
  readonly description: string;
  readonly version: number;
  readonly itemisedBy: string;
  /** Workers of the program, or a program outside over the API. */
  readonly carriedOutBy: 'worker' | 'producer';
  readonly input: z.ZodType;
  /** Codes that it has besides the built-in ones. */
  readonly reasonCodes: Readonly<Record<string, ReasonCode>>;
}

export interface StartRequest {
  readonly tenantId: string;
  readonly type: string;
  /** Unchecked: the type's own schema decides. */
  readonly input: unknown;
  readonly correlationId: string;
  readonly causedBy?: { readonly runId: string; readonly relation: string };
  /** An API client's name for this very request: sent again, it answers the run that it started. */
  readonly requestKey?: string;
}

export interface Refusal {
  /** A refusal code of the list of reason codes. */
  readonly code: string;
  readonly message: string;
  /** The run that stands in the way, where there is one. */
  readonly runId?: string;
}

export type StartOutcome =
  | {
      /** `repeated`: this request, by its key, was carried out before; its run may have ended. */
      readonly kind: 'started' | 'reused' | 'repeated';
      readonly runId: string;
      /** Log position that a page must have reached to show the run; -1 when it is shown already. */
      readonly position: number;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A run to be started again, with the input that it was given or an edited one (R9). */
export interface StartAgainRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly input?: unknown;
  readonly correlationId: string;
}

/** What a type asks for with an input is checked here, from the log of the tenant (R4, R5). */
export interface StartsPort {
  /** Every operation type, in the order in which pages offer them. */
  readonly types: readonly OperationSummary[];
  start(actor: WebActor, request: StartRequest): Promise<StartOutcome>;
  startAgain(actor: WebActor, request: StartAgainRequest): Promise<StartOutcome>;
}
