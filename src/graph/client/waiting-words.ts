import { DOCUMENTED_LIMITS } from '../request-limits.js';
import type { GraphWaiting } from './graph-call.js';

/** A sentence that says why a call waits, and for how long. */
export function waitingInWords({ reasonCode, waitMs, limit, service }: GraphWaiting): string {
  const seconds = Math.ceil(waitMs / 1000);
  if (limit !== null)
    return `Graph takes ${DOCUMENTED_LIMITS[limit].words} from an app; going on in ${seconds} s.`;
  switch (reasonCode) {
    case 'graph_throttled':
      return `Graph asks to wait ${seconds} s.`;
    case 'storage_unavailable':
      return `The database of this installation does not answer; trying again in ${seconds} s.`;
    case 'graph_unavailable':
      return `${service} is not available; trying again in ${seconds} s.`;
  }
}
