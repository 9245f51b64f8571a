import { v5 as uuidv5 } from 'uuid';
import { GraphError } from '../graph/client/graph-error.js';
import { assertStorable, type JsonObject } from '../ledger/canonical-json.js';
import { type Effect, EffectAmbiguous, type EffectFinding, EffectRefused } from '../operations/effect.js';
import {
  type EffectState,
  effectKey,
  type IntendedEffect,
  type SettledEffect,
} from '../runs/effect-state.js';
import { sanitizeFailure, sanitizeValue } from '../sanitize/index.js';
import { endedWithin } from '../timing/ended-within.js';
import { later } from '../timing/later.js';
import { type SendingDependencies, sendEffect } from './effect-sending.js';
import { failureOf } from './failure-of.js';
import type { Flight } from './flight.js';

export interface EffectDependencies extends SendingDependencies {
  readonly runId: string;
  readonly timeoutMaxMs: number;
  /** What the run's events say about an effect. */
  readonly known: (key: string) => EffectState | undefined;
  /** `intend` and `settle` each append one event. Errors: ClaimLostError; those of the ledger. */
  readonly intend: (effect: IntendedEffect) => Promise<void>;
  readonly settle: (effect: SettledEffect) => Promise<void>;
}

/** A run's effects: performed one after another, each carried out at most once. */
export interface RunEffects {
  /** See `RunHandle.effect`. */
  perform<Result extends JsonObject | null>(effect: Effect<Result>): Promise<Result>;
  /**
   * Waits until no sent request can be carried out any more, and then, for a limited time, until its outcome is
   * recorded.
   */
  landed(): Promise<void>;
}

/** The ids of requests are derived from what they do, so that a repetition makes the same ids. */
const NAMESPACE = 'b1f5f7a2-6c1e-4f0f-9d55-0c6f0d7c9a51';
/** The largest details or result of an effect, in bytes of JSON. */
const FACTS_BYTES_MAX = 16 * 1024;

export function createRunEffects(deps: EffectDependencies): RunEffects {
  const { clock, run, lost, timeoutMaxMs } = deps;
  let flight: Flight | undefined;
  /** Settles when the newest effect has ended; undefined before the first effect. */
  let last: Promise<unknown> | undefined;

  function perform<Result extends JsonObject | null>(effect: Effect<Result>): Promise<Result> {
    const before = last;
    const performing = (async () => {
      await before;
      return performNow(effect);
    })();
    last = performing.catch(() => undefined);
    return performing;
  }

  async function performNow<Result extends JsonObject | null>(effect: Effect<Result>): Promise<Result> {
    if (effect.timeoutMs > timeoutMaxMs)
      throw new RangeError(`an effect of ${effect.timeoutMs} ms outlasts its type’s ${timeoutMaxMs} ms`);
    const key = effectKey({ itemId: effect.itemId, action: effect.intent.action });
    const unsettled = deps.known(key);
    if (unsettled && !unsettled.settled) await settleByLookUp(effect, unsettled.intended, undefined);
    const known = deps.known(key);
    if (known?.settled?.outcome === 'applied' || known?.settled?.outcome === 'ambiguous')
      return resultOf<Result>(known.settled);
    run.signal.throwIfAborted();
    const intended = intentOf(effect, (known?.intended.tryNumber ?? 0) + 1);
    await deps.intend(intended);
    return send(effect, intended);
  }

  function intentOf({ itemId, intent }: Effect<JsonObject | null>, tryNumber: number): IntendedEffect {
    const { action } = intent;
    const clientRequestId = uuidv5(`${deps.runId}/${itemId}/${action}/${tryNumber}`, NAMESPACE);
    return { itemId, action, tryNumber, clientRequestId, details: factsOf(intent.details ?? {}) };
  }

  async function send<Result extends JsonObject | null>(
    effect: Effect<Result>,
    intended: IntendedEffect,
  ): Promise<Result> {
    const sent = await sendEffect(deps, effect, intended.clientRequestId, (newFlight) => {
      flight = newFlight;
    });
    if ('result' in sent) {
      const settled = settlement(intended, applied(sent.result));
      await deps.settle(settled);
      return resultOf<Result>(settled);
    }
    const { error } = sent;
    if (lost.aborted) throw error;
    if (wasRefused(error)) {
      // A refusal is an answer: nothing is under way that the end of the run would have to wait for.
      flight?.answered();
      await deps.settle(settlement(intended, { outcome: 'refused', error }));
    } else if (!sent.isUnanswered) await deps.settle(settlement(intended, { outcome: 'not_applied', error }));
    else {
      // Looking at the target is only reliable when the request can no longer be carried out.
      await flight?.over();
      const settled = await settleByLookUp(effect, intended, error);
      if (settled.outcome !== 'not_applied') return resultOf<Result>(settled);
    }
    throw error;
  }

  /** Records what the target shows. `error`: why there is no answer, when this attempt sent the request. */
  async function settleByLookUp(
    effect: Effect<JsonObject | null>,
    intended: IntendedEffect,
    error: unknown,
  ): Promise<SettledEffect> {
    const finding = await lookUp(effect, intended);
    const settled = settlement(intended, { ...found(finding, error), lookedUp: true });
    await deps.settle(settled);
    return settled;
  }

  /**
   * Asks the target. When asking fails, the outcome stays unknown for good: the item fails and nothing is sent
   * again. But when the run itself is ending, the look-up is left to the next attempt.
   */
  async function lookUp(
    effect: Effect<JsonObject | null>,
    { clientRequestId }: IntendedEffect,
  ): Promise<EffectFinding<JsonObject | null>> {
    const asking = new AbortController();
    const cancels: (() => void)[] = [];
    const endSoon = () => cancels.push(later(clock, effect.timeoutMs, () => asking.abort(run.signal.reason)));
    const end = () => asking.abort(lost.reason);
    run.signal.addEventListener('abort', endSoon, { once: true });
    lost.addEventListener('abort', end, { once: true });
    if (run.signal.aborted) endSoon();
    try {
      return await effect.lookUp({ clientRequestId, signal: asking.signal });
    } catch (error) {
      if (lost.aborted) throw lost.reason;
      if (run.signal.aborted) throw run.signal.reason;
      return { found: 'ambiguous', reason: `It could not be looked up. ${sanitizeFailure(error).reason}` };
    } finally {
      for (const cancel of cancels) cancel();
      run.signal.removeEventListener('abort', endSoon);
      lost.removeEventListener('abort', end);
    }
  }

  return {
    perform,
    async landed() {
      await flight?.over();
      if (last) await endedWithin(clock, last, timeoutMaxMs);
    },
  };
}

type Outcome = Pick<SettledEffect, 'outcome'> & {
  readonly result?: JsonObject | null;
  readonly error?: unknown;
};

/** A result that can't be stored counts as no answer, because the run needs the result to continue. */
function applied(result: JsonObject | null): Outcome {
  try {
    return { outcome: 'applied', result: factsOf(result) };
  } catch (error) {
    return { outcome: 'ambiguous', error };
  }
}

function found(finding: EffectFinding<JsonObject | null>, error: unknown): Outcome {
  switch (finding.found) {
    case 'applied':
      return applied(finding.result);
    case 'not_applied':
      return { outcome: 'not_applied', error };
    case 'ambiguous':
      return { outcome: 'ambiguous', error: new EffectAmbiguous(finding.reason) };
  }
}

/** The target's answer. Errors: EffectAmbiguous. */
function resultOf<Result extends JsonObject | null>({ outcome, result, reason }: SettledEffect): Result {
  if (outcome === 'ambiguous') throw new EffectAmbiguous(reason ?? '');
  return result as Result;
}

function settlement(
  { itemId, action, tryNumber, clientRequestId }: IntendedEffect,
  { outcome, lookedUp = false, result = null, error }: Outcome & { readonly lookedUp?: boolean },
): SettledEffect {
  const failure = error === undefined ? undefined : failureOf(error);
  return {
    itemId,
    action,
    tryNumber,
    clientRequestId,
    outcome,
    lookedUp,
    result,
    reasonCode: failure?.reasonCode ?? null,
    reason: failure?.reason ?? null,
  };
}

/** Whether the target is known not to have carried the request out. */
function wasRefused(error: unknown): boolean {
  return error instanceof GraphError ? !error.outcomeUnknown : error instanceof EffectRefused;
}

/** The details or result, sanitized and small enough for an event. Errors: RangeError, UnstorableValueError. */
function factsOf<Facts extends JsonObject | null>(given: Facts): Facts {
  const facts = sanitizeValue(given) as Facts;
  assertStorable(facts);
  if (Buffer.byteLength(JSON.stringify(facts)) > FACTS_BYTES_MAX)
    throw new RangeError(`what an effect keeps is larger than ${FACTS_BYTES_MAX} bytes`);
  return facts;
}
