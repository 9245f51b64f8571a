import type { FastifyRequest } from 'fastify';
import type { Capability } from '../access/capabilities.js';
import type { Role } from '../access/roles.js';
import type { Session } from './auth/session-store.js';
import type { TenantSummary } from './ports/access.js';
import type { ApiCaller } from './ports/actors.js';
import { WebError } from './web-error.js';

/** Who sent a request: a person with a session, a program with a token, or an unknown sender. */
export type Identity =
  | { readonly kind: 'person'; readonly session: Session; readonly cookieSecret: string }
  | { readonly kind: 'client'; readonly client: ApiCaller }
  | { readonly kind: 'nobody' };

/** The tenant of a request that the guard allowed. */
export interface TenantAccess {
  readonly tenant: TenantSummary;
  /** Empty for API clients. */
  readonly roles: readonly Role[];
  allows(capability: Capability): boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    identity: Identity;
    tenantAccess: TenantAccess | null;
  }
}

/** The tenant that the guard found, for routes that declare a tenant or an id. */
export function tenantAccessOf(request: FastifyRequest): TenantAccess {
  if (!request.tenantAccess) throw new Error(`${request.url} has no tenant: its route declares none`);
  return request.tenantAccess;
}

type Identified = { readonly identity: Identity };

/** The signed-in person's identity. Errors: WebError `unauthenticated`. */
export function personIdentityOf({ identity }: Identified): Extract<Identity, { kind: 'person' }> {
  if (identity.kind !== 'person') throw new WebError('unauthenticated', 'Sign in to go on.');
  return identity;
}

/** The signed-in person's id. Errors: WebError `unauthenticated`. */
export const personOf = (request: Identified): string => personIdentityOf(request).session.personId;
