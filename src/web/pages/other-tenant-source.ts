import { allows, deniedReason } from '../../access/capabilities.js';
import { NO_RIGHT_THERE, OTHER_TENANT_RIGHT } from '../../operations/restore-source/other-tenant-right.js';
import type { TenantMembership } from '../ports/access.js';
import type { StartOffer } from '../start-offers.js';
import type { PageRead } from './page.js';

/** The tenant whose backup set is restored here, for the pages of such a restore. */
export interface OtherTenantSource {
  readonly name: string;
  /** Its short name; undefined when it is gone. */
  readonly slug: string | undefined;
  /** The page of the set, for readers who have a role in that tenant. */
  readonly href: string | null;
  /** Why the reader can't start anything of this restore; null when they can. */
  readonly denied: string | null;
}

type Reading = Pick<PageRead<unknown>, 'access' | 'personId' | 'runtime'>;

/** The other tenant that the policies of a restore come from; null when they are of this tenant. */
export function otherTenantSource(
  { access, personId, runtime }: Reading,
  { sourceTenantId, setId }: { readonly sourceTenantId: string | null; readonly setId: string },
): OtherTenantSource | null {
  if (sourceTenantId === null || sourceTenantId === access.tenant.tenantId) return null;
  const { access: tenants } = runtime.deps.ports;
  const tenant = tenants.tenant(sourceTenantId);
  const roles = tenants.rolesOf(personId, sourceTenantId);
  const there = allows(roles, OTHER_TENANT_RIGHT) ? null : NO_RIGHT_THERE;
  return {
    name: tenant?.name ?? sourceTenantId,
    slug: tenant?.slug,
    href: tenant && roles.length > 0 ? `/t/${tenant.slug}/backup-sets/${setId}` : null,
    denied: deniedReason(access.roles, OTHER_TENANT_RIGHT) ?? there,
  };
}

/** The other tenants in which the reader may restore to and from, by name. */
export function tenantsToRestoreWith({ access, personId, runtime }: Reading): readonly TenantMembership[] {
  return runtime.deps.ports.access.tenantsOf(personId).filter(({ tenantId, closed, roles }) => {
    if (closed || tenantId === access.tenant.tenantId) return false;
    return allows(roles, OTHER_TENANT_RIGHT);
  });
}

/** An offer, withheld where the reader can't start anything of a restore from another tenant. */
export const withSource = (offer: StartOffer, source: OtherTenantSource | null): StartOffer =>
  source?.denied ? { allowed: false, reason: source.denied } : offer;
