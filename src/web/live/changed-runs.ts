/** The runs of a tenant whose rows may have changed, `all` where they aren't known. */
export type ChangedRuns = 'all' | ReadonlySet<string>;

/**
 * Why a page is rendered again: runs may have changed, or so much time went by (`beat`) that what moves without a
 * notice, such as the lag, may be told differently.
 */
export type RenderCause = ChangedRuns | 'beat';

/** Two causes as one. */
export function joinCauses(one: RenderCause | undefined, other: RenderCause): RenderCause {
  if (one === undefined || one === 'beat') return other;
  if (other === 'beat') return one;
  return one === 'all' || other === 'all' ? 'all' : new Set([...one, ...other]);
}
