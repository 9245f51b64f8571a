import type { LaterOutcome } from '../hub/later-outcomes.js';
import type { TenantAccess } from '../request-identity.js';

/** The later outcome of a failure in the form of the partial `later`; undefined when it has none. */
export function laterView(later: LaterOutcome | undefined, access: TenantAccess) {
  if (!later) return undefined;
  // Support staff may read only runs that failures link to.
  const mayOpen = access.allows('hub.read') || !later.succeeded;
  return {
    bucket: later.succeeded ? 'succeeded' : 'failed',
    words: later.succeeded ? 'succeeded since' : 'failed again',
    number: later.number,
    /** Below the tenant's address; null when the reader may not open the run. */
    href: mayOpen ? `/runs/${later.runId}` : null,
  };
}
