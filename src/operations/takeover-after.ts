import { EFFECT_TIMEOUT_MAX_MS } from './effect.js';

/**
 * How long a run's worker must have been silent before another may take the run over, milliseconds: long enough for
 * a request that it sent at its last certain moment to be over. A type that isn't known may have the longest ones.
 */
export function takeoverAfterMs(
  lostAfterMs: number,
  definition: { readonly effectTimeoutMs: number } | undefined,
): number {
  return lostAfterMs + (definition?.effectTimeoutMs ?? EFFECT_TIMEOUT_MAX_MS);
}
