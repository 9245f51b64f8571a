import type { TenantRequest, WebActor } from './actors.js';

/** The answer to a question about the directory, or why there is none. */
export type DirectoryAnswer<Found> =
  | { readonly kind: 'found'; readonly found: Found }
  /** Graph doesn't accept the person's token any more, so a new one is needed. */
  | { readonly kind: 'needs_consent' }
  | { readonly kind: 'failed'; readonly message: string };

export interface FoundGroups {
  readonly groups: readonly { readonly id: string; readonly name: string }[];
  /** Whether the directory has more groups with such names. */
  readonly hasMore: boolean;
}

export interface FoundMember {
  /** Id of the account in Entra. */
  readonly id: string;
  readonly name: string | null;
  /** The name that the person signs in with. */
  readonly account: string | null;
  /** Who this is here, for somebody who has signed in here. */
  readonly known: {
    readonly personId: string;
    readonly name: string;
    /** The person's roles in the tenant as text; empty without one. */
    readonly roles: string;
  } | null;
}

export interface FoundMembers {
  readonly people: readonly FoundMember[];
  /** Members that are no people: groups, devices, apps. */
  readonly others: number;
  /** Whether the group has more members than these. */
  readonly hasMore: boolean;
}

/** A question that is asked with the person's own token. */
type AskedWithToken = TenantRequest & { readonly token: string };

/**
 * Asks Microsoft Graph for groups of the tenant's directory in the name of the signed-in person: the only call to Graph
 * in a request (R4). Each question ends within a few seconds and leaves an audit entry without what was typed.
 */
export interface GroupSearchPort {
  /** Why this person can't ask about the tenant's directory, whatever their role; null when they can. */
  unavailable(personId: string, tenantId: string): Promise<string | null>;
  /** The scopes that the person's token needs, separated by spaces. Errors: Error for a tenant without a connection. */
  scopes(tenantId: string): string;
  /** Groups whose names begin with a text. */
  groups(
    actor: Extract<WebActor, { kind: 'member' }>,
    request: AskedWithToken & { readonly beginning: string },
  ): Promise<DirectoryAnswer<FoundGroups>>;
  /** The direct members of a group. */
  members(
    actor: Extract<WebActor, { kind: 'member' }>,
    request: AskedWithToken & { readonly groupId: string },
  ): Promise<DirectoryAnswer<FoundMembers>>;
}
