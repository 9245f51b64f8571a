import { type RawBuilder, sql } from 'kysely';
import type { RunRow } from './hub/run-order.js';
import type { TenantAccess } from './request-identity.js';
import { WebError } from './web-error.js';

/** The rule of `assertReadable` as a condition on `runs`, for lists of runs. */
export const readableRuns = (access: TenantAccess): RawBuilder<boolean> =>
  access.allows('hub.read') ? sql<boolean>`true` : sql<boolean>`(runs.failed > 0 or runs.bucket = 'failed')`;

/**
 * Support staff may read only runs that failures link to (T5): without `hub.read` a run must have failures. Errors:
 * WebError `forbidden`.
 */
export function assertReadable(access: TenantAccess, run: RunRow): void {
  if (access.allows('hub.read') || run.failed > 0 || run.bucket === 'failed') return;
  throw new WebError('forbidden', 'Your role here includes runs with failures only.');
}
