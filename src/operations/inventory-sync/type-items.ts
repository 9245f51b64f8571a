import type { GraphReader } from '../../graph/client/graph-client.js';
import { GraphError } from '../../graph/client/graph-error.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { ItemBudgetSpent } from '../budgets.js';
import { succeeded } from '../handling/item-outcomes.js';
import { whyUnread } from '../handling/why-unread.js';
import type { Outcome } from '../vocabulary.js';

/** Item id of a whole policy type, which says whether its listing succeeded, failed or was skipped. */
export const typeItemId = (type: string): string => type;

const itemOf = ({ name, label }: PolicyType) => ({ itemId: typeItemId(name), label, subject: null });

/** The item of a type whose policies were all listed. */
export const succeededType = (type: PolicyType): Outcome => succeeded(itemOf(type));

/** The item of a type whose policies could not all be listed. */
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
