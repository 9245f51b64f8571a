import type { CloudName } from '../../graph/tokens/clouds.js';
import type { AssertionAlgorithm } from '../../graph/tokens/entra-connection.js';
import type { ChangeOutcome } from '../../ledger/entity-command.js';
import type { TenantRequest, WebActor } from './actors.js';
import type { StartOutcome } from './starts.js';

/** A credential for Entra as a person gave it. */
export type GivenProof =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM or PFX, including the key. */
  | { readonly kind: 'certificate'; readonly file: Uint8Array; readonly passphrase: string | null };

/** A tenant's connection to Microsoft Graph. */
export interface ConnectionsPort {
  readonly clouds: readonly { readonly name: CloudName; readonly label: string }[];
  /** How assertions may be signed with a certificate's key; the first is the default. */
  readonly assertionAlgorithms: readonly AssertionAlgorithm[];
  /**
   * Seals a credential and starts the run that signs in with it; when that works, the connection takes effect.
   * The message of `invalid` says which part of it can't be used.
   */
  propose(
    actor: Extract<WebActor, { kind: 'member' }>,
    request: TenantRequest & {
      readonly directoryId: string;
      readonly clientId: string;
      readonly cloud: CloudName;
      /** Servers other than those of the cloud (such as a simulator's), or null. */
      readonly authority: string | null;
      readonly graphUrl: string | null;
      /** The day on which a secret ends (`2027-04-30`), or null. */
      readonly secretEndsOn: string | null;
      readonly assertionAlgorithm: AssertionAlgorithm;
      readonly proof: GivenProof;
    },
  ): Promise<StartOutcome | { readonly kind: 'invalid'; readonly message: string }>;
  /** Removes the connection and every sealed credential of the tenant. */
  remove(actor: Extract<WebActor, { kind: 'member' }>, request: TenantRequest): Promise<ChangeOutcome>;
}
