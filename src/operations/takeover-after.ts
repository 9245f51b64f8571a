import { EFFECT_TIMEOUT_MAX_MS } from './effect.js';

/**
 * How long a run's worker must be silent before another worker may take the run over, milliseconds. It includes
 * the time in flight of a request that the worker may have sent just before it fell silent; for an unknown type
 * the longest allowed time is assumed.
 */
export function takeoverAfterMs(
  lostAfterMs: number,
  definition: { readonly effectTimeoutMs: number } | undefined,
): number {
  return lostAfterMs + (definition?.effectTimeoutMs ?? EFFECT_TIMEOUT_MAX_MS);
}
