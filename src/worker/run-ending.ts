import type { OperationDefinition } from '../operations/define.js';
import { isOwnCode } from '../operations/own-codes.js';
import { bounded, LABEL_LENGTH_MAX, REASON_LENGTH_MAX, type Related } from '../runs/run-events.js';
import { sanitizeText } from '../sanitize/index.js';
import type { ClaimHold } from './claim-hold.js';
import type { ClaimWriter } from './claim-writer.js';
import { endedBefore } from './ended-before.js';
import type { OutcomeRecorder } from './outcome-recorder.js';
import type { RunEffects } from './run-effects.js';

/** Ends one attempt, after its last request outside has ended and its buffered outcomes are recorded. */
export class RunEnding {
  constructor(
    private readonly deps: {
      readonly definition: OperationDefinition;
      readonly hold: ClaimHold;
      readonly writer: ClaimWriter;
      readonly outcomes: OutcomeRecorder;
      readonly effects: RunEffects;
    },
  ) {}

  /** Completes the run; its counts are calculated from the recorded items. */
  async complete(completion: {
    readonly summary: string;
    readonly related: readonly Related[];
  }): Promise<void> {
    const { hold, outcomes, writer } = this.deps;
    await this.effectsLanded();
    await outcomes.flush();
    hold.assertUsable();
    await writer.write({
      kind: 'complete',
      summary: bounded(sanitizeText(completion.summary), LABEL_LENGTH_MAX),
      related: completion.related,
    });
    hold.close('ended', 'the run has ended');
  }

  /**
   * Fails the run and records the buffered items if possible. A code that the run's type doesn't have becomes
   * `unexpected`.
   */
  async fail(reasonCode: string, reason: string): Promise<void> {
    const { definition, hold, outcomes, writer } = this.deps;
    await this.effectsLanded();
    await outcomes.flush().catch(() => undefined);
    await writer.write({
      kind: 'fail',
      reasonCode: isOwnCode(definition, reasonCode, 'failure') ? reasonCode : 'unexpected',
      reason: bounded(sanitizeText(reason), REASON_LENGTH_MAX),
    });
    hold.close('ended', 'the run has ended');
  }

  /** Hands the run back with its recorded items; this doesn't count as an attempt. */
  async release(reason: string): Promise<void> {
    const { hold, outcomes, writer } = this.deps;
    await this.effectsLanded();
    await outcomes.flush().catch(() => undefined);
    await writer.write({ kind: 'release', reason });
    hold.close('released', 'the run was handed back');
  }

  /**
   * Waits for a request that may still be carried out. Errors: EffectUnderWay when answers are no longer waited for.
   */
  async effectsLanded(): Promise<void> {
    const { effects, hold, writer } = this.deps;
    if (await endedBefore(writer.abandoned, effects.landed())) return;
    hold.assertHeld();
    throw new EffectUnderWay();
  }
}

/**
 * A request may still be carried out, so the run is left as it is; other workers wait long enough before they take
 * it over.
 */
class EffectUnderWay extends Error {
  override readonly name = 'EffectUnderWay';
  override readonly message = 'a request may still be under way';
}
