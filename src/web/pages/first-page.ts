import type { TenantAccess } from '../request-identity.js';

/** The first page of a tenant that a person may see. The tenant's own address leads there. */
export function firstPageOf(entered: TenantAccess): string {
  return `/t/${entered.tenant.slug}/${entered.allows('hub.read') ? 'operations' : 'failures'}`;
}
