import type { Role } from '../../access/roles.js';

export interface TenantSummary {
  readonly tenantId: string;
  readonly slug: string;
  readonly name: string;
  /** Who may do what there is not known: an event about it can't be read by this version of the program. */
  readonly closed: boolean;
}

export interface TenantMembership extends TenantSummary {
  /** Never empty: a tenant role, platform roles, or both. */
  readonly roles: readonly Role[];
}

/** Membership as the log has it, from a fold that is kept current; never from read models, which lag. */
export interface AccessPort {
  /** Every tenant by id or slug, archived ones included; undefined when there is none. */
  tenant(idOrSlug: string): TenantSummary | undefined;
  /** Roles of a person in a tenant; empty without any. */
  rolesOf(personId: string, tenantId: string): readonly Role[];
  /** The tenants in which a person has a role, by name. */
  tenantsOf(personId: string): readonly TenantMembership[];
  /** All tenants by name, for API clients of the whole installation. */
  allTenants(): readonly TenantSummary[];
  /**
   * The tenant that an id belongs to, archived ones included; undefined for ids that exist nowhere. The kinds are
   * those that read models declare as `addressed`.
   */
  tenantOf(kind: string, id: string): Promise<string | undefined>;
}
