import type { z } from 'zod';
import type { EffectIntended, EffectSettled } from './run-events.js';

export type IntendedEffect = z.output<typeof EffectIntended.data>;
export type SettledEffect = z.output<typeof EffectSettled.data>;

/** A change outside as the run's events describe it: its newest intent and the outcome of that. */
export interface EffectState {
  readonly intended: IntendedEffect;
  /** Undefined while the outcome isn't known; the holder of the run must then look at the target. */
  readonly settled: SettledEffect | undefined;
}

/** The key of an effect within its run. */
export const effectKey = ({ itemId, action }: Pick<IntendedEffect, 'itemId' | 'action'>): string =>
  JSON.stringify([itemId, action]);
