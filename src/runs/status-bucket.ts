import type { Counts } from './run-events.js';

/** What is stored (R3). There is no `canceled`. */
export const LIFECYCLES = [
  'pending',
  'running',
  'completed',
  'completed_with_errors',
  'failed',
  'aborted',
] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];

/** What people see (R3). */
export const STATUS_BUCKETS = ['queued', 'running', 'succeeded', 'partially_succeeded', 'failed'] as const;
export type StatusBucket = (typeof STATUS_BUCKETS)[number];

/** The words for a bucket, as pages and exports show them. */
export const BUCKET_LABELS: Readonly<Record<StatusBucket, string>> = {
  queued: 'Queued',
  running: 'Running',
  succeeded: 'Succeeded',
  partially_succeeded: 'Partially succeeded',
  failed: 'Failed',
};

type Outcomes = Pick<Counts, 'succeeded' | 'failed'>;

/** The one place that turns status and counts into what people see; the order of the rules is R3's. */
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

/** The lifecycle a run ends with when its handler came to its end. */
export function completedLifecycle(counts: Pick<Counts, 'failed'>): Lifecycle {
  return counts.failed === 0 ? 'completed' : 'completed_with_errors';
}

export const isTerminal = (lifecycle: Lifecycle): boolean =>
  lifecycle !== 'pending' && lifecycle !== 'running';

/** A run that others may build on (drift compares such inventories). */
export const isUsable = (bucket: StatusBucket): boolean =>
  bucket === 'succeeded' || bucket === 'partially_succeeded';
