import type { z } from 'zod';
import type { EffectIntended, EffectSettled } from './run-events.js';

export type IntendedEffect = z.output<typeof EffectIntended.data>;
export type SettledEffect = z.output<typeof EffectSettled.data>;

/** A change outside as a run's events leave it: its newest intent, and what came of that. */
export interface EffectState {
  readonly intended: IntendedEffect;
  /** Undefined while it isn't known: whoever holds the run then looks at the target. */
  readonly settled: SettledEffect | undefined;
}

/** Names an effect within its run. */
export const effectKey = ({ itemId, action }: Pick<IntendedEffect, 'itemId' | 'action'>): string =>
  JSON.stringify([itemId, action]);
