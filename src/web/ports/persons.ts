import type { Role } from '../../access/roles.js';

export interface NamedPerson {
  readonly personId: string;
  readonly displayName: string;
}

export interface PersonsPort {
  /** Records a person who has just signed in with the provider. Returns their person id, which is new or known. */
  recordSignIn(claims: {
    readonly issuer: string;
    readonly subject: string;
    readonly displayName: string | null;
    readonly email: string | null;
    /** Id of the account in Entra, or null. */
    readonly objectId: string | null;
  }): Promise<string>;
  /** The person of an issuer's subject, or undefined; nothing is recorded. */
  personOf(who: { readonly issuer: string; readonly subject: string }): Promise<string | undefined>;
}

/** A person of the development sign-in's list. */
export interface DevelopmentPerson extends NamedPerson {
  readonly tenantName: string;
  readonly tenantSlug: string;
  readonly role: Role;
}

/** Present only when no OpenID Connect issuer is configured and the server listens on loopback. */
export interface DevelopmentSignIn {
  /** The secret of this process in the sign-in links that start-up prints. At least 128 random bits. */
  readonly secret: string;
  persons(): Promise<readonly DevelopmentPerson[]>;
}
