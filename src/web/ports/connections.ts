import type { CloudName } from '../../graph/tokens/clouds.js';
import type { ChangeOutcome } from '../../ledger/define-command.js';
import type { TenantRequest, WebActor } from './actors.js';
import type { StartOutcome } from './starts.js';

/** What an app proves itself to Entra with, as somebody gave it. */
export type GivenProof =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM or PFX, with the key. */
  | { readonly kind: 'certificate'; readonly file: Uint8Array; readonly passphrase: string | null };

/** A tenant's connection to Microsoft Graph. */
export interface ConnectionsPort {
  readonly clouds: readonly { readonly name: CloudName; readonly label: string }[];
  /**
   * Seals a credential and starts the run that signs in with it, after which it takes over. `invalid` says what of
   * it can't be used.
   */
  propose(
    actor: Extract<WebActor, { kind: 'member' }>,
    request: TenantRequest & {
      readonly directoryId: string;
      readonly clientId: string;
      readonly cloud: CloudName;
      /** Other servers than the cloud's (a simulator's), or null. */
      readonly authority: string | null;
      readonly graphUrl: string | null;
      readonly proof: GivenProof;
    },
  ): Promise<StartOutcome | { readonly kind: 'invalid'; readonly message: string }>;
  /** Removes the connection and every sealed credential of the tenant. */
  remove(actor: Extract<WebActor, { kind: 'member' }>, request: TenantRequest): Promise<ChangeOutcome>;
}
