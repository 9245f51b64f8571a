import type { PlatformRole, TenantRole } from '../../access/roles.js';
import type { ChangeOutcome } from '../../ledger/define-command.js';
import type { TenantRequest, WebActor } from './actors.js';

/**
 * The log decides, whether the actor may do it included; the last owner stays one. A change holds for this process
 * at once.
 */
export interface MembersPort {
  /**
   * The person id of somebody who is to be given a role. By issuer and subject nobody needs to have signed in yet;
   * undefined for a person id that nobody has.
   */
  personOf(
    who:
      | { readonly personId: string }
      | { readonly issuer: string; readonly subject: string; readonly displayName: string },
  ): Promise<string | undefined>;
  /** `shownRole` is what the actor saw: another change meanwhile is refused rather than overwritten. */
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
