import { z } from 'zod';
import { isEvent, type RecordedEvent } from '../../ledger/event-registry.js';
import { EffectIntended } from '../../runs/run-events.js';
import type { BegunRestore } from './policy-to-restore.js';

const details = z.object({ before: z.string().nullable(), plannedAt: z.number() });

/**
 * The items that earlier attempts of a run have begun to write, from `run.history()`. Passed to `restoreOne`, so
 * that it plans the same requests again.
 */
export async function begunRestores(
  history: AsyncIterable<RecordedEvent>,
): Promise<ReadonlyMap<string, BegunRestore>> {
  const begun = new Map<string, BegunRestore>();
  for await (const event of history) {
    if (!isEvent(event, EffectIntended) || begun.has(event.data.itemId)) continue;
    const known = details.safeParse(event.data.details);
    if (known.success) begun.set(event.data.itemId, known.data);
  }
  return begun;
}
