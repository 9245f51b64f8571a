import type { Counts } from './run-events.js';

/** The stored lifecycles (R3). There is no `canceled`. */
export const LIFECYCLES = [
  'pending',
  'running',
  'completed',
  'completed_with_errors',
  'failed',
  'aborted',
] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];

/** The statuses that people see (R3). */
export const STATUS_BUCKETS = ['queued', 'running', 'succeeded', 'partially_succeeded', 'failed'] as const;
export type StatusBucket = (typeof STATUS_BUCKETS)[number];

/** The label of each bucket on pages and in exports. */
export const BUCKET_LABELS: Readonly<Record<StatusBucket, string>> = {
  queued: 'Queued',
  running: 'Running',
  succeeded: 'Succeeded',
  partially_succeeded: 'Partially succeeded',
  failed: 'Failed',
};

type Outcomes = Pick<Counts, 'succeeded' | 'failed'>;

/** The only place that calculates what people see from status and counts; the rules are in R3's order. */
export function statusBucket(lifecycle: Lifecycle, counts: Outcomes): StatusBucket {
  switch (lifecycle) {
    case 'pending':
      return 'queued';
    case 'running':
      return 'running';
    case 'failed':
    case 'aborted':
      return 'failed';
    case 'completed':
    case 'completed_with_errors':
      if (counts.failed === 0) return 'succeeded';
      return counts.succeeded === 0 ? 'failed' : 'partially_succeeded';
  }
}

/** The lifecycle of a run whose handler has finished. */
export function completedLifecycle(counts: Pick<Counts, 'failed'>): Lifecycle {
  return counts.failed === 0 ? 'completed' : 'completed_with_errors';
}

/** Whether a run with this lifecycle has ended. */
export const isTerminal = (lifecycle: Lifecycle): boolean =>
  lifecycle !== 'pending' && lifecycle !== 'running';

/** Whether other runs may build on a run with this status (drift compares such inventories). */
export const isUsable = (bucket: StatusBucket): boolean =>
  bucket === 'succeeded' || bucket === 'partially_succeeded';
