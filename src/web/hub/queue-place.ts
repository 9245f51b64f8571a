import { LIMITS } from '../limits.js';
import type { QueuePlace } from '../view/queue-words.js';
import type { HubRead } from './hub-read.js';
import type { RunRow } from './run-order.js';

/** The place of a queued run among the queued runs of its tenant. */
export async function queuePlace(db: HubRead, run: RunRow): Promise<QueuePlace> {
  const active = (bucket: 'queued' | 'running') =>
    db
      .selectFrom('runs')
      .select('run_id')
      .where('bucket', '=', bucket)
      .limit(LIMITS.queuedCounted + 1);
  const before = await active('queued').where('queued_position', '<', run.queued_position).execute();
  const running = await active('running').execute();
  return { before: before.length, countedMax: LIMITS.queuedCounted, running: running.length };
}
