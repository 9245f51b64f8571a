import type { GraphReader } from '../../graph/client/graph-client.js';
import { GraphError } from '../../graph/client/graph-error.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import { skip } from '../../runs/reason-codes.js';
import type { ItemBudgetSpent } from '../budgets.js';
import type { Outcome, WordsOf } from '../vocabulary.js';

/** Reasons for skipping a whole policy type in an inventory. */
export const TYPE_SKIPS = {
  permission_missing: skip(
    'The connection to this tenant lacks the permission that reading this type takes.',
    'Grant the permission that is named to the app, consent to it, then start again.',
  ),
  licence_missing: skip(
    'The tenant has no licence for what this type is about.',
    'Nothing is wrong if the tenant doesn’t use it; otherwise look at its licences.',
  ),
} as const;

type TypeOutcome = Outcome<
  WordsOf<{ readonly reasonCodes: typeof TYPE_SKIPS; readonly events: []; readonly linkKinds: [] }>
>;

/** Item id of a whole policy type, which says whether its listing succeeded, failed or was skipped. */
export const typeItemId = (type: string): string => type;

const itemOf = ({ name, label }: PolicyType) => ({ itemId: typeItemId(name), label, subject: null });

export const succeededType = (type: PolicyType): TypeOutcome => ({
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
): Promise<TypeOutcome> {
  const item = itemOf(type);
  const { reasonCode, message: reason } = error;
  const failed: TypeOutcome = { ...item, outcome: 'failed', reasonCode, reason };
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
