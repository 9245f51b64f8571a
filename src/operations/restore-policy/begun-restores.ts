import { z } from 'zod';
import { isEvent, type RecordedEvent } from '../../ledger/event-registry.js';
import { EffectIntended } from '../../runs/run-events.js';
import type { BegunRestore } from './policy-to-restore.js';

const details = z.object({
  before: z.string().nullable(),
  plannedAt: z.number(),
  copyNumber: z.int().optional(),
});

/**
 * Adds to `begun` an item that the event shows to be begun. What earlier attempts of a run have begun is passed to
 * `restoreOne`, so that it plans the same requests again.
 */
export function addBegun(begun: Map<string, BegunRestore>, event: RecordedEvent): void {
  if (!isEvent(event, EffectIntended) || begun.has(event.data.itemId)) return;
  const known = details.safeParse(event.data.details);
  if (known.success) begun.set(event.data.itemId, known.data);
}

/** The items that a run has begun to write, from its events. */
export async function begunRestores(
  history: AsyncIterable<RecordedEvent>,
): Promise<ReadonlyMap<string, BegunRestore>> {
  const begun = new Map<string, BegunRestore>();
  for await (const event of history) addBegun(begun, event);
  return begun;
}
