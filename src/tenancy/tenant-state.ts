import type { PlatformRole, Role, TenantRole } from '../access/roles.js';
import { isEvent, type RecordedEvent } from '../ledger/event-registry.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from '../ledger/stream-head.js';
import type { GraphSignIn } from './connection-events.js';
import { tenantEntity } from './tenant-events.js';

/** The state of a tenant after the events of its stream. */
export interface TenantState {
  readonly head: StreamHead;
  /** Undefined before TenantRegistered. */
  readonly registered: { readonly slug: string; readonly name: string } | undefined;
  readonly members: ReadonlyMap<string, TenantRole>;
  readonly grants: ReadonlyMap<string, ReadonlySet<PlatformRole>>;
  readonly graphBaseUrl: string | null;
  readonly graphSignIn: GraphSignIn | null;
  /** Tokens that were issued and not revoked, by id, including expired ones. */
  readonly tokens: ReadonlyMap<string, IssuedToken>;
}

/** The rights of an API token, as it was issued. */
export interface IssuedToken {
  readonly name: string;
  /** Names from `src/access/capabilities.ts`. */
  readonly capabilities: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export const NO_TENANT: TenantState = {
  head: EMPTY_HEAD,
  registered: undefined,
  members: new Map(),
  grants: new Map(),
  graphBaseUrl: null,
  graphSignIn: null,
  tokens: new Map(),
};

/** Folds one event of a tenant's stream. */
export function evolveTenant(state: TenantState, event: RecordedEvent): TenantState {
  const next = { ...state, head: headAfter(event) };
  if (!isEvent(event, ...tenantEntity.events)) return next;
  switch (event.type) {
    case 'TenantRegistered':
      return { ...next, registered: { slug: event.data.slug, name: event.data.name } };
    case 'MemberAdded':
    case 'MemberRoleChanged':
      return { ...next, members: new Map(state.members).set(event.data.personId, event.data.role) };
    case 'MemberRemoved': {
      const members = new Map(state.members);
      members.delete(event.data.personId);
      return { ...next, members };
    }
    case 'AccessGranted':
    case 'AccessRevoked': {
      const { personId, role } = event.data;
      const held = new Set(state.grants.get(personId));
      if (event.type === 'AccessGranted') held.add(role);
      else held.delete(role);
      return { ...next, grants: new Map(state.grants).set(personId, held) };
    }
    case 'GraphConnectionSet':
      return { ...next, graphBaseUrl: event.data.baseUrl, graphSignIn: event.data.signIn };
    case 'GraphConnectionRemoved':
      return { ...next, graphBaseUrl: null, graphSignIn: null };
    case 'ApiTokenIssued': {
      const { capabilities, expiresAt, name, tokenId } = event.data;
      const token = { name, capabilities, expiresAt: Date.parse(expiresAt) };
      return { ...next, tokens: new Map(state.tokens).set(tokenId, token) };
    }
    case 'ApiTokenRevoked': {
      const tokens = new Map(state.tokens);
      tokens.delete(event.data.tokenId);
      return { ...next, tokens };
    }
    default:
      return next;
  }
}

/** The roles of a person in a tenant; empty without any. */
export function rolesIn(state: TenantState, personId: string): readonly Role[] {
  const member = state.members.get(personId);
  return [...(member ? [member] : []), ...(state.grants.get(personId) ?? [])];
}
