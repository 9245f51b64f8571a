import type { GraphReader } from '../../graph/client/graph-client.js';
import { GraphError } from '../../graph/client/graph-error.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { ItemBudgetSpent } from '../budgets.js';
import { whyUnread } from '../handling/why-unread.js';
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
 * The item of a type whose listing could not be read completely.
 */
export async function unreadType(
  type: PolicyType,
  error: GraphError | ItemBudgetSpent,
  graph: Pick<GraphReader, 'permissions'>,
): Promise<Outcome> {
  const { reasonCode, message: reason } = error;
  if (!(error instanceof GraphError)) return { ...itemOf(type), outcome: 'failed', reasonCode, reason };
  const permissions = reasonCode === 'graph_forbidden' ? await graph.permissions() : null;
  return { ...itemOf(type), ...whyUnread(type, error, permissions) };
}
