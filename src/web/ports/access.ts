import type { Role } from '../../access/roles.js';

export interface TenantSummary {
  readonly tenantId: string;
  readonly slug: string;
  readonly name: string;
  /**
   * Whether access to this tenant is refused because this version of the program can't read an event about its access.
   */
  readonly closed: boolean;
}

export interface TenantMembership extends TenantSummary {
  /** Never empty: a tenant role, platform roles, or both. */
  readonly roles: readonly Role[];
}

/** Membership from the log, kept current by a fold. It is not read from the read models, which lag behind. */
export interface AccessPort {
  /** A tenant by id or slug, archived ones included; undefined when there is none. */
  tenant(idOrSlug: string): TenantSummary | undefined;
  /** The roles of a person in a tenant; empty when they have none. */
  rolesOf(personId: string, tenantId: string): readonly Role[];
  /** The tenants in which a person has a role, by name. */
  tenantsOf(personId: string): readonly TenantMembership[];
  /** All tenants by name, for API clients of the whole installation. */
  allTenants(): readonly TenantSummary[];
  /**
   * The tenant that an id belongs to, archived tenants included; undefined for ids that exist nowhere. Read models
   * declare the kinds as `addressed`.
   */
  tenantOf(kind: string, id: string): Promise<string | undefined>;
  /** The tenant whose log has this run, whether the read models have it or not. It asks the log once for each tenant. */
  tenantRecording(runId: string): Promise<string | undefined>;
}
