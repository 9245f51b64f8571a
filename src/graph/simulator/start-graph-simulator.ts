import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Chance, type Clock, systemChance, systemClock } from '../../clock.js';
import type { RequestLimits } from '../request-limits.js';
import { tokenClaims } from '../tokens/token-claims.js';
import { ADMIN_PREFIX, registerAdminRoutes } from './admin-routes.js';
import { registerEntraRoutes } from './entra/entra-routes.js';
import { type EntraSetupInput, entraSetupSchema } from './entra/entra-setup.js';
import { createSimulatedEntra, type DelegatedClaims, type SimulatedEntra } from './entra/simulated-entra.js';
import { type ExchangeOrigin, type ExchangeParts, exchange, prefersAllMembers } from './exchange.js';
import { createFaultPlan, type FaultOptions } from './faults.js';
import { type GraphAnswer, type GraphRequest, identified, odataError } from './graph-answer.js';
import { type GraphValue, graphJson, parseGraphJson } from './graph-value.js';
import { type LoadProblem, loadExports } from './load-exports.js';
import { createRequestLog, type LoggedRequest } from './request-log.js';
import { sendExchange } from './send-exchange.js';
import type { GraphContent } from './tenant-state.js';
import { createSimulatedTenant, type SimulatedTenant, type TenantSource } from './tenants.js';
import { createThrottleBudget } from './throttle-budget.js';

export interface GraphSimulatorOptions {
  /**
   * The content of the tenants. A folder or a content is the same for all tenants, each of which has its own copy;
   * a function is called once for each tenant.
   */
  readonly source:
    | { readonly folder: string }
    | { readonly content: GraphContent }
    | { readonly tenant: (tenantKey: string) => TenantSource };
  /** Port; 0, the default, means any free port. */
  readonly port?: number;
  /** Default: loopback. */
  readonly host?: string;
  /** Off by default. */
  readonly throttle?: RequestLimits;
  readonly faults?: readonly FaultOptions[];
  /** Delay of every answer by the given clock, milliseconds. */
  readonly latencyMs?: number;
  /**
   * Time by the given clock in which reads don't show a write yet, milliseconds. A delete is seen at once, because
   * Graph hides what is being deleted.
   */
  readonly readAfterWriteMs?: number;
  /** The first generation of tenants that change. */
  readonly firstGeneration?: number;
  /**
   * Simulates Entra as well; then only its tokens are accepted, each for its own tenant. By default any token is
   * accepted.
   */
  readonly entra?: EntraSetupInput;
  readonly clock?: Clock;
  readonly chance?: Chance;
}

export interface GraphSimulator {
  /** `http://127.0.0.1:PORT`, for the client's base URL. */
  readonly url: string;
  readonly port: number;
  /** Problems with the files of the folder, if one was given. */
  readonly problems: readonly LoadProblem[];
  /** Number of entities in the folder by collection path, if a folder was given. */
  readonly counts: Readonly<Record<string, number>>;
  requests(): readonly LoggedRequest[];
  failNext(fault: FaultOptions): void;
  clearFaults(): void;
  /** Faults that have not ended. */
  pendingFaults(): number;
  /**
   * A token of a person of the simulated Entra, which issues it without asking anybody. Errors: Error without a
   * simulated Entra.
   */
  tokenOfPerson(person: DelegatedClaims): Promise<string>;
  /** The tenants that have been used so far. */
  tenants(): readonly SimulatedTenant[];
  /** Stops the server and closes its open connections. Tolerates a second call. */
  stop(): Promise<void>;
}

const BODY_BYTES_MAX = 32 * 1024 * 1024;
const API_VERSIONS = new Set(['beta', 'v1.0']);

/**
 * Starts an HTTP server that answers as Microsoft Graph does. A tenant is named by the path prefix
 * `/tenants/{key}`, else by the bearer token (`tenant.{key}`), else it is `default`. Errors: those of reading
 * the folder and of listening (EADDRINUSE).
 */
export async function startGraphSimulator(options: GraphSimulatorOptions): Promise<GraphSimulator> {
  const { source, throttle, faults, entra: entraSetup } = options;
  const { clock = systemClock, chance = systemChance, port: wantedPort = 0, host = '127.0.0.1' } = options;
  const { latencyMs = 0, readAfterWriteMs = 0, firstGeneration = 0 } = options;
  const loaded = 'folder' in source ? await loadExports(source.folder) : null;
  const sourceOf = tenantSources(source, loaded?.content);
  const tenants = new Map<string, SimulatedTenant>();
  const tenantNamed = (key: string): SimulatedTenant => {
    const tenant =
      tenants.get(key) ??
      createSimulatedTenant(key, sourceOf(key), { clock, chance, firstGeneration, readAfterWriteMs });
    tenants.set(key, tenant);
    return tenant;
  };
  const parts: ExchangeParts = {
    clock,
    chance,
    faults: createFaultPlan(faults),
    budget: throttle ? createThrottleBudget(throttle, clock) : null,
    log: createRequestLog(),
  };

  const app = fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true });
  acceptGraphJson(app);
  registerAdminRoutes(app, { ...parts, tenants });
  const entra = entraSetup
    ? createSimulatedEntra(entraSetupSchema.parse(entraSetup), { clock, chance })
    : null;
  if (entra) registerEntraRoutes(app, entra, { ...parts, adminPrefix: ADMIN_PREFIX });
  serveTenants(app, parts, { tenantNamed, entra, latencyMs });
  await app.listen({ port: wantedPort, host });
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  let stopped: Promise<void> | null = null;
  return {
    url: `http://${host}:${port}`,
    port,
    problems: loaded?.problems ?? [],
    counts: loaded ? countsOf(loaded.content) : {},
    requests: () => parts.log.after(0),
    failNext: (fault) => parts.faults.add(fault),
    clearFaults: () => parts.faults.clear(),
    pendingFaults: () => parts.faults.pending(),
    async tokenOfPerson(person) {
      if (!entra) throw new Error('this simulator has no Entra');
      return entra.tokenOfPerson(person);
    },
    tenants: () => [...tenants.values()],
    stop() {
      stopped ??= app.close();
      // Fastify doesn't know hanging requests any more, so their connections are closed here.
      app.server.closeAllConnections();
      return stopped;
    },
  };
}

function tenantSources(
  source: GraphSimulatorOptions['source'],
  loaded: GraphContent | undefined,
): (key: string) => TenantSource {
  if ('tenant' in source) return source.tenant;
  const content = 'content' in source ? source.content : (loaded ?? new Map());
  return () => ({ kind: 'fixed', content });
}

function countsOf(content: GraphContent): Record<string, number> {
  return Object.fromEntries([...content].map(([path, entities]) => [path, entities.length]));
}

function acceptGraphJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, text, done) => done(null, text),
  );
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : parseGraphJson(text.toString()));
    } catch {
      done(null, undefined);
    }
  });
}

function serveTenants(
  app: FastifyInstance,
  parts: ExchangeParts,
  {
    tenantNamed,
    entra,
    latencyMs,
  }: {
    readonly tenantNamed: (key: string) => SimulatedTenant;
    readonly entra: SimulatedEntra | null;
    readonly latencyMs: number;
  },
): void {
  app.all('/*', async (request, reply) => {
    if (latencyMs > 0) await parts.clock.sleep(latencyMs);
    const place = placeOf(request);
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const tenantKey = place?.tenant ?? /^tenant\.(.+)$/.exec(token ?? '')?.[1] ?? 'default';
    const refuse = ({ status, headers, body }: GraphAnswer) => {
      const requestId = parts.chance.uuid();
      const identity = { requestId, clientRequestId: requestId, at: parts.clock.now() };
      return reply
        .code(status)
        .headers(headers)
        .type('application/json')
        .send(graphJson(identified(body, identity)));
    };
    if (place === null) return refuse(odataError(404, 'ResourceNotFound', 'There is no such API version.'));
    if (token === undefined)
      return refuse(odataError(401, 'InvalidAuthenticationToken', 'Access token is empty.'));
    const refused = await refusalOfToken(entra, token, tenantKey);
    if (refused !== null) return refuse(refused);
    const tenant = tenantNamed(tenantKey);
    const clientRequestId = request.headers['client-request-id'];
    await sendExchange(
      exchange(parts, tenant, place.request, {
        clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : null,
        ...callerOf(token, entra !== null),
        batch: null,
      }),
      reply,
      parts.clock,
    );
    return reply;
  });
}

/** The app of a token, and its permissions when the simulated Entra issues the tokens. */
function callerOf(token: string, checksRoles: boolean): Pick<ExchangeOrigin, 'app' | 'roles'> {
  const claims = checksRoles ? tokenClaims(token) : null;
  const permissions = claims?.scopes.length ? claims.scopes : claims?.roles;
  return { app: claims?.appId ?? token, roles: permissions ?? null };
}

/** Graph's refusal of a token that is expired, revoked or not issued for this tenant, or null. */
async function refusalOfToken(
  entra: SimulatedEntra | null,
  token: string,
  tenantKey: string,
): Promise<GraphAnswer | null> {
  const verdict = entra === null ? 'sound' : await entra.verdict(token, tenantKey);
  switch (verdict) {
    case 'sound':
      return null;
    case 'revoked':
      return odataError(401, 'InvalidAuthenticationToken', 'Continuous access evaluation: token revoked.', {
        'WWW-Authenticate': `Bearer realm="", error="insufficient_claims", claims="${REVOCATION_CLAIMS}"`,
      });
    case 'ended':
      return odataError(
        401,
        'InvalidAuthenticationToken',
        'Lifetime validation failed, the token is expired.',
      );
    default:
      return odataError(401, 'InvalidAuthenticationToken', 'Access token validation failure.');
  }
}

/** The claims challenge after a revocation: a new token must be newer than the revocation. */
const REVOCATION_CLAIMS = Buffer.from('{"access_token":{"nbf":{"essential":true}}}').toString('base64');

/** Tenant and request from an address; null for an address without an API version. */
function placeOf(request: FastifyRequest): { tenant: string | null; request: GraphRequest } | null {
  const address = `http://${request.headers.host ?? 'localhost'}${request.url}`;
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.pathname.startsWith(`${ADMIN_PREFIX}/`)) return null;
  const segments = decodedSegments(url.pathname);
  const tenant = segments[0] === 'tenants' ? (segments[1] ?? null) : null;
  const rest = tenant === null ? segments : segments.slice(2);
  const version = rest[0] ?? '';
  if (!API_VERSIONS.has(version)) return null;
  const prefix = tenant === null ? '' : `/tenants/${encodeURIComponent(tenant)}`;
  return {
    tenant,
    request: {
      method: request.method,
      segments: rest.slice(1),
      query: url.searchParams,
      body: request.body as GraphValue | undefined,
      allMembers: prefersAllMembers(String(request.headers.prefer ?? '')),
      ifMatch: request.headers['if-match'] ?? null,
      base: `${url.origin}${prefix}/${version}`,
    },
  };
}

function decodedSegments(pathname: string): string[] {
  try {
    return pathname.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return [];
  }
}
