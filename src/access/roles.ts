/** Roles of members of a tenant (T2), most powerful first. */
export const TENANT_ROLES = ['owner', 'manager', 'operator', 'readonly'] as const;
export type TenantRole = (typeof TENANT_ROLES)[number];

/** Roles that a tenant's owners grant to people outside it (T5). */
export const PLATFORM_ROLES = ['auditor', 'support'] as const;
export type PlatformRole = (typeof PLATFORM_ROLES)[number];

export type Role = TenantRole | PlatformRole;
