import type { PlatformRole, TenantRole } from '../../access/roles.js';
import type { ChangeOutcome } from '../../ledger/entity-command.js';
import type { TenantRequest, WebActor } from './actors.js';

/**
 * Changes of members. The log decides each one, including whether the actor may make it; the last owner stays an owner.
 * A change takes effect in this process at once.
 */
export interface MembersPort {
  /**
   * The id of a person who is to get a role. A person given by issuer and subject need not have signed in before.
   * Undefined for an unknown person id.
   */
  personOf(
    who:
      | { readonly personId: string }
      | { readonly issuer: string; readonly subject: string; readonly displayName: string },
  ): Promise<string | undefined>;
  /** `shownRole` is the role that the actor saw. If it was changed meanwhile, the change is refused. */
  setRole(
    actor: WebActor,
    request: TenantRequest & {
      readonly personId: string;
      readonly role: TenantRole;
      readonly shownRole: TenantRole | null;
    },
  ): Promise<ChangeOutcome>;
  remove(actor: WebActor, request: TenantRequest & { readonly personId: string }): Promise<ChangeOutcome>;
  setAccess(
    actor: WebActor,
    request: TenantRequest & {
      readonly personId: string;
      readonly role: PlatformRole;
      readonly granted: boolean;
    },
  ): Promise<ChangeOutcome>;
}
