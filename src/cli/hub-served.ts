import { setTimeout as pause } from 'node:timers/promises';
import { createServedSchema } from '../../projections/engine/served-schema.js';
import { productFeatures } from '../program/features.js';
import type { Program } from '../program/program-context.js';

/** A new installation's read models take a second or two; those of a long log take longer, and pages say how far. */
const SERVED_WITHIN_MS = 30_000;
const ASK_AGAIN_MS = 100;

/**
 * Waits until pages can read the hub's read models, so that the first page that a person opens has its content. Returns
 * false when they aren't built within half a minute, or when the signal aborts.
 */
export async function hubServed(program: Program, signal: AbortSignal): Promise<boolean> {
  const schema = createServedSchema(productFeatures.hub);
  const until = performance.now() + SERVED_WITHIN_MS;
  while (!signal.aborted && performance.now() < until) {
    if ((await schema.current(program.infrastructure.primary)) !== undefined) return true;
    await pause(ASK_AGAIN_MS);
  }
  return false;
}
