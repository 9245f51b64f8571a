import type { Role } from '../../access/roles.js';

export interface Person {
  readonly personId: string;
  readonly displayName: string;
}

/** Names are primary data: a forgotten person has none. */
export interface PersonsPort {
  /** Display names by person id; persons that are unknown or forgotten are left out. At most 500 ids. */
  names(personIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Notes somebody who has just signed in with the provider; answers their person id, fresh or known. */
  noteSignIn(claims: {
    readonly issuer: string;
    readonly subject: string;
    readonly displayName: string | null;
    readonly email: string | null;
  }): Promise<string>;
}

/** A person of the development sign-in's list. */
export interface DevelopmentPerson extends Person {
  readonly tenantName: string;
  readonly tenantSlug: string;
  readonly role: Role;
}

/** Given only when no OpenID Connect issuer is configured and the server listens on loopback. */
export interface DevelopmentSignIn {
  /** Secret of this process that start-up prints in its sign-in links. At least 128 random bits. */
  readonly secret: string;
  persons(): Promise<readonly DevelopmentPerson[]>;
}
