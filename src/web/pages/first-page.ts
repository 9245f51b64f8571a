import type { TenantAccess } from '../request-identity.js';

/** The first page of a tenant that somebody may see: where the tenant's own address leads. */
export function firstPageOf(entered: TenantAccess): string {
  return `/t/${entered.tenant.slug}/${entered.allows('hub.read') ? 'operations' : 'failures'}`;
}
