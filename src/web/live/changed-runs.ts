/** The runs of a tenant whose rows may have changed; `all` when it isn't known which. */
export type ChangedRuns = 'all' | ReadonlySet<string>;

/**
 * Why a page is rendered again: runs may have changed, or it is time (`beat`) to update values that change without a
 * notification, such as the lag.
 */
export type RenderCause = ChangedRuns | 'beat';

/** Joins two causes. */
export function joinCauses(one: RenderCause | undefined, other: RenderCause): RenderCause {
  if (one === undefined || one === 'beat') return other;
  if (other === 'beat') return one;
  return one === 'all' || other === 'all' ? 'all' : new Set([...one, ...other]);
}
