import type { GraphWriter } from '../graph/client/graph-client.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { ConnectedDirectory } from '../tenancy/connected-directory.js';
import { RunFailure } from './run-failure.js';

/**
 * A change outside the ledger, such as one write to Graph. The run appends the intent, checks its claim, sends the
 * request and appends the outcome before the next effect begins. An attempt that finds an intent without an
 * outcome looks it up at the target.
 */
export interface Effect<Result extends JsonObject | null> {
  readonly itemId: string;
  readonly intent: EffectIntent;
  /** Longest time after sending in which the target may still carry the request out, milliseconds. */
  readonly timeoutMs: number;
  /**
   * Sends the request. Its result is recorded, and returned when a later attempt asks for the same effect. A
   * GraphError says whether the request may have been carried out; of all other errors, only EffectRefused means
   * that it was not.
   */
  send(sending: EffectSending): Promise<Result>;
  /** Reads at the target whether an intent with an unknown outcome was carried out. It changes nothing. */
  lookUp(question: EffectQuestion): Promise<EffectFinding<Result>>;
}

export interface EffectIntent {
  /** The kind of change in one word, such as `create` or `assign`; unique among the effects of an item. */
  readonly action: string;
  /** Facts for the look-up and for readers of the history; sanitized and small. */
  readonly details?: JsonObject;
}

export interface EffectSending {
  /** Sent with the request, so that the target's log can be searched for it. */
  readonly clientRequestId: string;
  /** Aborts when the run stops waiting for the answer. */
  readonly signal: AbortSignal;
  /**
   * Checks the claim again and restarts the timeout of the request. A sender that repeats its request awaits this
   * before each repetition; the Graph client does so itself.
   */
  beforeRequest(): Promise<void>;
  /** Writes to the run's tenant, for this effect only. */
  graph(): Promise<ConnectedWriter>;
}

/** A writer with the directory that all its requests go to, also when the tenant is connected to another one later. */
export interface ConnectedWriter extends GraphWriter {
  readonly directory: ConnectedDirectory;
}

export interface EffectQuestion {
  readonly clientRequestId: string;
  readonly signal: AbortSignal;
}

/** The result of a look-up. `ambiguous` fails the item, and nothing is sent again. */
export type EffectFinding<Result extends JsonObject | null> =
  | { readonly found: 'applied'; readonly result: Result }
  | { readonly found: 'not_applied' }
  | { readonly found: 'ambiguous'; readonly reason: string };

/** The target has answered that it did not carry the request out. */
export class EffectRefused extends RunFailure {}

/** It can't be found out whether the target made a change; recorded as the failure of the item. */
export class EffectAmbiguous extends RunFailure {
  constructor(reason: string) {
    super('outcome_unknown', reason);
  }
}

/**
 * Longest time in flight that a type may declare; other workers wait this much longer before they take over its
 * runs.
 */
export const EFFECT_TIMEOUT_MAX_MS = 120_000;
