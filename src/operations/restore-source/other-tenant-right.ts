import type { Capability } from '../../access/capabilities.js';
import type { TenantPair } from '../../entities/mapping/read-mapping.js';
import type { PlanServices, Refusal } from '../plan.js';

/** What a person needs in both tenants to restore from one to the other. */
export const OTHER_TENANT_RIGHT: Capability = 'restores.from_other_tenant';

const TAKES_BOTH =
  'Restoring from another tenant takes a person who may do it in both, such as an owner of both.';
/** Why a person can't restore to this tenant what another one kept. */
const NO_RIGHT_HERE = `${TAKES_BOTH} Your role in this tenant does not include it.`;
/** Why a person can't restore what the other tenant kept. */
export const NO_RIGHT_THERE = `${TAKES_BOTH} Your role in the tenant that the backup set belongs to does not include it.`;

/** Whether the policies come from another tenant than the one they are restored to. */
export const isBetweenTenants = ({ sourceTenantId, targetTenantId }: TenantPair): boolean =>
  sourceTenantId !== targetTenantId;

/** The refusal of a start by somebody who may not restore between these tenants; undefined for everybody else. */
export function otherTenantRefusal(
  pair: TenantPair,
  allowsIn: PlanServices['allowsIn'],
): { readonly refusal: Refusal } | undefined {
  if (!isBetweenTenants(pair)) return undefined;
  const { sourceTenantId, targetTenantId } = pair;
  if (!allowsIn(targetTenantId, OTHER_TENANT_RIGHT)) return notPermitted(NO_RIGHT_HERE);
  if (!allowsIn(sourceTenantId, OTHER_TENANT_RIGHT)) return notPermitted(NO_RIGHT_THERE);
  return undefined;
}

const notPermitted = (message: string): { readonly refusal: Refusal } => ({
  refusal: { code: 'not_permitted', message },
});
