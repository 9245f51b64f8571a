import type { FastifyInstance } from 'fastify';
import { allows, type Capability, deniedReason, isCapability } from '../access/capabilities.js';
import type { AccessPort, TenantSummary } from './ports/access.js';
import type { Identity, TenantAccess } from './request-identity.js';
import { WebError } from './web-error.js';

/** Who may use a route inside a tenant. */
export interface TenantRouteAccess {
  readonly kind: 'tenant';
  /** The required capability in the tenant that the address names, directly or by an id. */
  readonly capability: Capability;
  /** Other capabilities that also open the route. The handler then checks which one the request needs. */
  readonly orAnyOf?: readonly Capability[];
  readonly id?: { readonly param: string; readonly kind: string };
}

/** Who may use a route. A route without this declaration can't be registered. */
export type RouteAccess = { readonly kind: 'public' } | { readonly kind: 'signed-in' } | TenantRouteAccess;

export interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly access: RouteAccess;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
  interface FastifyInstance {
    /** Every route with who may use it, for tests and documentation. */
    declaredRoutes: DeclaredRoute[];
  }
}

export const PUBLIC: RouteAccess = { kind: 'public' };
export const SIGNED_IN: RouteAccess = { kind: 'signed-in' };

/**
 * The access of a route inside a tenant. Its address contains `:tenant`, or `id` names the parameter that the tenant is
 * found by.
 */
export function tenantRoute(capability: Capability, id?: { param: string; kind: string }): TenantRouteAccess {
  return id ? { kind: 'tenant', capability, id } : { kind: 'tenant', capability };
}

/** Refuses to register a route without a declared access, and checks the access before each handler. */
export function registerRouteAccess(app: FastifyInstance, access: AccessPort): void {
  app.decorate('declaredRoutes', []);
  app.addHook('onRoute', (route) => {
    const declared = route.config?.access;
    if (!declared) throw new Error(`${String(route.method)} ${route.url} declares no access`);
    if (declared.kind === 'tenant' && !declared.id && !route.url.includes('/:tenant')) {
      throw new Error(`${route.url} needs :tenant or an id to find its tenant by`);
    }
    app.declaredRoutes.push({ method: String(route.method), url: route.url, access: declared });
  });
  app.addHook('preValidation', async (request) => {
    // A request without a matching route goes to the not-found handler, which declares no access.
    const declared = request.routeOptions.config.access;
    if (!declared || declared.kind === 'public') return;
    if (request.identity.kind === 'nobody') throw new WebError('unauthenticated', 'Sign in to go on.');
    if (declared.kind !== 'tenant') return;
    const params = request.params as Readonly<Record<string, string | undefined>>;
    request.tenantAccess = await guard({ identity: request.identity, params }, declared, access);
  });
}

/**
 * Finds the tenant and checks the capability. A foreign tenant answers 403 before any id is looked up, and an id of
 * another tenant answers 403 as well. Only an id that exists nowhere answers 404 (T4).
 */
export async function guard(
  {
    identity,
    params,
  }: { readonly identity: Identity; readonly params: Readonly<Record<string, string | undefined>> },
  declared: TenantRouteAccess,
  access: AccessPort,
): Promise<TenantAccess> {
  const { id } = declared;
  const idText = id ? params[id.param] : undefined;
  let tenant: TenantSummary | undefined;
  let isKnown = params.tenant !== undefined;
  if (params.tenant !== undefined) {
    tenant = access.tenant(params.tenant);
    if (!tenant) throw new WebError('not_found', 'There is no tenant with this short name or id.');
    enter(identity, tenant, access);
  }
  if (id && idText !== undefined) {
    const owner = await access.tenantOf(id.kind, idText);
    isKnown ||= owner !== undefined;
    if (owner !== undefined && tenant && owner !== tenant.tenantId) throw forbidden();
    // Inside a tenant the route decides what an unknown id means, because the read models may not have it yet.
    const inside = owner ?? (await tenantOfUnknown(identity, id.kind, idText, access));
    tenant ??= inside === undefined ? undefined : access.tenant(inside);
  }
  if (!tenant) throw notFound(id?.kind);
  const entered = enter(identity, tenant, access);
  const openedBy = [declared.capability, ...(declared.orAnyOf ?? [])];
  if (openedBy.some((capability) => entered.allows(capability))) return entered;
  throw isKnown ? forbidden(deniedHere(entered, declared.capability)) : notFound(id?.kind);
}

/**
 * The tenant for an id that the read models don't have: the only tenant of a client's token, or for a token of the
 * whole installation the tenant whose log has the run.
 */
async function tenantOfUnknown(
  identity: Identity,
  kind: string,
  id: string,
  access: AccessPort,
): Promise<string | undefined> {
  if (identity.kind !== 'client') return undefined;
  if (identity.client.tenantId !== null) return identity.client.tenantId;
  return kind === 'run' ? access.tenantRecording(id) : undefined;
}

/**
 * What an identity may do in a tenant. Errors: WebError `forbidden` when it has no role there, `unavailable` while this
 * program can't know its roles.
 */
export function enter(identity: Identity, tenant: TenantSummary, access: AccessPort): TenantAccess {
  if (tenant.closed)
    throw new WebError(
      'unavailable',
      'A newer version of the program has written about this tenant, and this one can’t tell who may enter. Try again when it has been updated.',
    );
  if (identity.kind === 'client') {
    const { client } = identity;
    if (client.tenantId !== null && client.tenantId !== tenant.tenantId) throw forbidden();
    const held = new Set(client.capabilities.filter(isCapability));
    return { tenant, roles: [], allows: (capability) => held.has(capability) };
  }
  const roles = identity.kind === 'person' ? access.rolesOf(identity.session.personId, tenant.tenantId) : [];
  if (roles.length === 0) throw forbidden();
  return { tenant, roles, allows: (capability) => allows(roles, capability) };
}

/** The error for somebody who may not see or do this; `why` is shown to them. */
export const forbidden = (
  why = 'You have no part in this tenant, or your role there does not include this.',
): WebError => new WebError('forbidden', why);

/**
 * The message for a person with a role in the tenant: their role, and which roles have the capability. Undefined for a
 * token, which has no role.
 */
const deniedHere = ({ roles }: TenantAccess, capability: Capability): string | undefined =>
  roles.length === 0 ? undefined : (deniedReason(roles, capability) ?? undefined);

const notFound = (kind?: string): WebError =>
  new WebError(
    'not_found',
    kind ? `There is no ${kind.replaceAll('_', ' ')} with this id.` : 'Nothing has this address.',
  );
