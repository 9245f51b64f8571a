import { sql } from 'kysely';
import { SILENT_AFTER_MS } from '../view/silence.js';
import type { HubRead } from './hub-read.js';
import { readRunCounters } from './run-counters.js';

/** The waiting, running and silent runs of a type. */
export interface QueueOfType {
  readonly type: string;
  readonly queued: number;
  readonly running: number;
}

export interface TenantQueue {
  readonly types: readonly QueueOfType[];
  /** The run that has waited longest; undefined when none waits. */
  readonly oldest: { readonly runId: string; readonly title: string; readonly queuedAt: number } | undefined;
  /** Running runs without a sign of life for `SILENT_AFTER_MS`, the longest silent first; at most 10. */
  readonly silent: readonly { readonly runId: string; readonly title: string; readonly silentMs: number }[];
}

const SILENT_SHOWN = 10;

/** What waits and runs in a tenant, from maintained counters and the few active runs. */
export async function tenantQueue(db: HubRead): Promise<TenantQueue> {
  const counters = await readRunCounters(db);
  const counted = counters.filter(({ bucket }) => bucket === 'queued' || bucket === 'running');
  const oldest = await db
    .selectFrom('runs')
    .select(['run_id as runId', 'title', 'created_at as queuedAt'])
    .where('bucket', '=', 'queued')
    .orderBy('queued_position')
    .limit(1)
    .executeTakeFirst();
  const silent = await db
    .selectFrom('runs')
    .innerJoin('liveness.beats', 'liveness.beats.run_id', 'runs.run_id')
    .select([
      'runs.run_id as runId',
      'title',
      sql<number>`(extract(epoch from now() - beat_at) * 1000)::float8`.as('silentMs'),
    ])
    .where('runs.lifecycle', '=', 'running')
    .where(sql<boolean>`beat_at < now() - make_interval(secs => ${SILENT_AFTER_MS / 1_000})`)
    .orderBy('beat_at')
    .limit(SILENT_SHOWN)
    .execute();
  const types = [...new Set(counted.map(({ type }) => type))].map((type) => {
    const of = (bucket: string) =>
      counted.find((row) => row.type === type && row.bucket === bucket)?.runs ?? 0;
    return { type, queued: of('queued'), running: of('running') };
  });
  return { types, oldest, silent };
}
