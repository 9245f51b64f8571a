import type { GraphReader } from '../../graph/client/graph-client.js';
import { GraphError } from '../../graph/client/graph-error.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { ItemBudgetSpent } from '../budgets.js';
import type { Outcome } from '../vocabulary.js';

/** Item id of a whole policy type, which says whether its listing succeeded, failed or was skipped. */
export const typeItemId = (type: string): string => type;

const itemOf = ({ name, label }: PolicyType) => ({ itemId: typeItemId(name), label, subject: null });

export const succeededType = (type: PolicyType): Outcome => ({
  ...itemOf(type),
  outcome: 'succeeded',
  reasonCode: null,
  reason: null,
});

/**
 * The item of a type whose listing could not be read completely. The type is skipped when the tenant has no
 * licence for it, or when the token is known to lack the permission. When the permissions aren't known, the reason
 * names the required one.
 */
export async function unreadType(
  type: PolicyType,
  error: GraphError | ItemBudgetSpent,
  graph: Pick<GraphReader, 'permissions'>,
): Promise<Outcome> {
  const item = itemOf(type);
  const { reasonCode, message: reason } = error;
  const failed: Outcome = { ...item, outcome: 'failed', reasonCode, reason };
  if (!(error instanceof GraphError)) return failed;
  if (error.lacksLicence) {
    const what = type.licence === null ? '' : ` Reading it takes ${type.licence}.`;
    const words = `The tenant has no licence for this.${what}`;
    return { ...item, outcome: 'skipped', reasonCode: 'licence_missing', reason: words };
  }
  if (error.reasonCode !== 'graph_forbidden') return failed;
  const permissions = await graph.permissions();
  const takes = `Reading it takes the application permission ${type.permission}`;
  if (permissions === null || suffices(permissions, type))
    return { ...failed, reason: `${reason}. ${takes}.` };
  return {
    ...item,
    outcome: 'skipped',
    reasonCode: 'permission_missing',
    reason: `${takes}, which the app lacks.`,
  };
}

/** A permission to write includes the one to read. */
function suffices(permissions: readonly string[], { permission }: PolicyType): boolean {
  return (
    permissions.includes(permission) || permissions.includes(permission.replace('.Read.', '.ReadWrite.'))
  );
}
