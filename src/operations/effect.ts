import type { GraphWriter } from '../graph/client/graph-client.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import { RunFailure } from './run-failure.js';

/**
 * A change outside, such as one write to Graph. The run appends its intent, checks its claim, has it sent and appends
 * what came of it before the next one. An attempt that finds an intent without an outcome looks it up at the target.
 */
export interface Effect<Result extends JsonObject | null> {
  readonly itemId: string;
  readonly intent: EffectIntent;
  /** Longest time in which a request that left may still be carried out, milliseconds. */
  readonly timeoutMs: number;
  /**
   * Sends the request; what it answers is recorded, and answered again when the effect is asked for again. An error
   * of Graph says itself whether the request may have been carried out; of any other error only EffectRefused says
   * that it was not.
   */
  send(sending: EffectSending): Promise<Result>;
  /** Looks at the target whether an intent was carried out whose outcome is not known. It changes nothing. */
  lookUp(question: EffectQuestion): Promise<EffectFinding<Result>>;
}

export interface EffectIntent {
  /** What is done, in one word: `create`, `assign`. An item's effects are told apart by it. */
  readonly action: string;
  /** What a look-up and a reader of the history need; sanitized, and small. */
  readonly details?: JsonObject;
}

export interface EffectSending {
  /** Goes with the request, so that the target's own log names it. */
  readonly clientRequestId: string;
  /** Aborts when the answer is waited for no longer. */
  readonly signal: AbortSignal;
  /**
   * Checks the claim once more and restarts the time of the request. A sender that repeats its request awaits it
   * before each repetition; the client of Graph does so by itself.
   */
  beforeRequest(): Promise<void>;
  /** Writes to the run's tenant, for this effect only. */
  graph(): Promise<GraphWriter>;
}

export interface EffectQuestion {
  readonly clientRequestId: string;
  readonly signal: AbortSignal;
}

/** What a look-up shows. `ambiguous` fails the item: nothing is sent again. */
export type EffectFinding<Result extends JsonObject | null> =
  | { readonly found: 'applied'; readonly result: Result }
  | { readonly found: 'not_applied' }
  | { readonly found: 'ambiguous'; readonly reason: string };

/** The target has answered that it did not carry the request out. */
export class EffectRefused extends RunFailure {}

/** Whether the target took a change can't be told; recorded as its item's failure. */
export class EffectAmbiguous extends RunFailure {
  constructor(reason: string) {
    super('outcome_unknown', reason);
  }
}

/** Longest time in flight that a type may declare: others wait so much longer before they take its runs over. */
export const EFFECT_TIMEOUT_MAX_MS = 120_000;
