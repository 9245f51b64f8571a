import type { GraphError } from '../../graph/client/graph-error.js';
import { isGranted } from '../../graph/permissions.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { CommonWords } from '../vocabulary.js';

/** Why a policy type can't be read, in the form of an item's outcome. */
export type WhyUnread =
  | { readonly outcome: 'failed'; readonly reasonCode: CommonWords['failure']; readonly reason: string }
  | {
      readonly outcome: 'skipped';
      readonly reasonCode: 'licence_missing' | 'permission_missing';
      readonly reason: string;
    };

/**
 * Why Graph refused to list a policy type: skipped when the tenant has no licence for it, or when the app is known to
 * lack the permission; failed otherwise. The reason names the permission that reading takes. `permissions` are those
 * of the app, or null when they aren't known.
 */
export function whyUnread(
  type: PolicyType,
  error: GraphError,
  permissions: readonly string[] | null,
): WhyUnread {
  const { reasonCode, message: reason } = error;
  if (error.lacksLicence) {
    const what = type.licence === null ? '' : ` Reading it takes ${type.licence}.`;
    const words = `The tenant has no licence for this.${what}`;
    return { outcome: 'skipped', reasonCode: 'licence_missing', reason: words };
  }
  if (reasonCode !== 'graph_forbidden') return { outcome: 'failed', reasonCode, reason };
  const takes = `Reading it takes the application permission ${type.permission}`;
  if (permissions === null) return { outcome: 'failed', reasonCode, reason: `${reason}. ${takes}.` };
  if (isGranted(permissions, type.permission)) {
    const why = 'a consent counts after some minutes, and a licence or role may be missing';
    return { outcome: 'failed', reasonCode, reason: `${reason}. The app has ${type.permission}; ${why}.` };
  }
  return { outcome: 'skipped', reasonCode: 'permission_missing', reason: `${takes}, which the app lacks.` };
}
