import { hash } from 'node:crypto';
import type { Chance, Clock } from '../../clock.js';
import { isGranted } from '../permissions.js';
import { recordChange } from './audit-events.js';
import { collectionOf } from './collections.js';
import type { Fault, FaultPlan } from './faults.js';
import {
  type AnswerIdentity,
  type GraphAnswer,
  type GraphRequest,
  identified,
  odataError,
} from './graph-answer.js';
import { serveGraph } from './graph-service.js';
import { type GraphObject, type GraphValue, graphJson, isGraphObject, textOf } from './graph-value.js';
import { queryText } from './paging.js';
import type { RequestLog } from './request-log.js';
import type { SimulatedTenant } from './tenants.js';
import type { ThrottleBudget } from './throttle-budget.js';

/** The parts of the simulator that handle each request. */
export interface ExchangeParts {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly faults: FaultPlan;
  readonly budget: ThrottleBudget | null;
  readonly log: RequestLog;
}

/** An answer, and the fault, if any, to apply when it is sent. */
export interface Exchange {
  readonly answer: GraphAnswer;
  readonly identity: AnswerIdentity;
  readonly fault: Fault | null;
}

const BATCH_REQUESTS_MAX = 20;
/** Faults of the connection. An inner request of a batch has no connection, so it can't have them. */
const SOCKET_FAULTS = new Set([
  'hang',
  'cut',
  'malformed_json',
  'invalid_utf8',
  'html',
  'huge_body',
  'redirect',
  'latency',
]);

/** The sender of a request, and the `$batch` that contains it, if any. */
export interface ExchangeOrigin {
  readonly clientRequestId: string | null;
  /** The app's id, or its token when the id isn't known. */
  readonly app: string;
  /** The token's application permissions, or null when they aren't checked. */
  readonly roles: readonly string[] | null;
  readonly batch: string | null;
}

/** Handles one request: applies faults, budget and permissions, serves it from the state, and logs it. */
export function exchange(
  parts: ExchangeParts,
  tenant: SimulatedTenant,
  request: GraphRequest,
  origin: ExchangeOrigin,
): Exchange {
  const requestId = parts.chance.uuid();
  const identity: AnswerIdentity = {
    requestId,
    clientRequestId: origin.clientRequestId ?? requestId,
    at: parts.clock.now(),
  };
  const path = pathOf(request);
  tenant.observe(request);
  const fault = parts.faults.take({ tenant: tenant.key, method: request.method, path });
  const { answer, applied } = answerWith(fault, { parts, tenant, request, origin, identity });
  const silent = fault?.kind === 'hang' || (fault?.kind === 'cut' && !fault.midBody);
  parts.log.add({
    at: identity.at,
    tenant: tenant.key,
    method: request.method,
    path,
    status: silent ? 0 : answer.status,
    requestId,
    clientRequestId: identity.clientRequestId,
    batch: origin.batch,
    bodyHash: request.body === undefined ? null : hash('sha256', graphJson(request.body)),
    applied,
  });
  return { answer: { ...answer, body: identified(answer.body, identity) }, identity, fault };
}

/** The answer to a request with a fault, and whether the request changed the tenant. */
function answerWith(
  fault: Fault | null,
  {
    parts,
    tenant,
    request,
    origin,
    identity,
  }: {
    readonly parts: ExchangeParts;
    readonly tenant: SimulatedTenant;
    readonly request: GraphRequest;
    readonly origin: ExchangeOrigin;
    readonly identity: AnswerIdentity;
  },
): { readonly answer: GraphAnswer; readonly applied: boolean } {
  const faulty = faultAnswer(fault, origin.batch !== null);
  /** Whether the request is carried out although its answer is an error. */
  const isCarriedOut = faulty === null || (fault?.kind === 'status' && fault.applied === true);
  const refused =
    (isCarriedOut ? null : faulty) ??
    throttled(parts, tenant, request, origin) ??
    unauthorized(tenant, request, origin);
  if (refused) return { answer: faulty ?? alteredPage(refused, fault, request), applied: false };
  const isBatch = request.segments[0] === '$batch';
  const served = isBatch
    ? serveBatch(parts, tenant, request, { ...origin, clientRequestId: null, batch: identity.requestId })
    : serveGraph(tenant, request, parts);
  const applied = request.method !== 'GET' && served.status < 300 && !isBatch;
  if (applied) recordChange(tenant.state, request, served, { ...identity, chance: parts.chance });
  return { answer: faulty ?? alteredPage(served, fault, request), applied };
}

function pathOf(request: GraphRequest): string {
  const query = queryText(request.query);
  return `${request.segments.join('/')}${query === '' ? '' : `?${decodeURIComponent(query)}`}`;
}

function faultAnswer(fault: Fault | null, inBatch: boolean): GraphAnswer | null {
  if (fault?.kind === 'status') {
    const headers: Record<string, string> = {
      ...fault.headers,
      ...(fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter }),
    };
    const { status } = fault;
    return odataError(status, fault.code ?? codeOf(status), fault.message ?? 'Simulated failure.', headers);
  }
  // A hanging or broken connection is a gateway error when it concerns one request of a batch.
  if (inBatch && fault !== null && SOCKET_FAULTS.has(fault.kind))
    return odataError(504, 'GatewayTimeout', 'Simulated failure.');
  return null;
}

const CODES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'InvalidAuthenticationToken',
  403: 'Forbidden',
  404: 'ResourceNotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
};

function codeOf(status: number): string {
  return CODES[status] ?? 'UnknownError';
}

/** Applies the budget. A batch isn't counted itself, because its inner requests are. */
function throttled(
  parts: ExchangeParts,
  tenant: SimulatedTenant,
  { method, segments }: GraphRequest,
  { app }: ExchangeOrigin,
): GraphAnswer | null {
  if (parts.budget === null || segments[0] === '$batch') return null;
  const spent = parts.budget.spend({ tenant: tenant.key, app, method, path: segments.join('/') });
  if (spent === null) return null;
  return odataError(429, 'TooManyRequests', 'Too many requests.', {
    ...(spent.retryAfterSeconds !== null && { 'Retry-After': String(spent.retryAfterSeconds) }),
    'x-ms-throttle-scope': `${spent.scope}/ReadWrite/sim/sim`,
    'x-ms-throttle-information': spent.limit,
    'x-ms-throttle-limit-percentage': '1.0',
  });
}

/** The refusal for a tenant without the licence or a token without the permission, or null. */
function unauthorized(
  tenant: SimulatedTenant,
  { method, segments }: GraphRequest,
  { roles }: ExchangeOrigin,
): GraphAnswer | null {
  const collection = collectionOf(segments)?.collection;
  if (!collection) return null;
  const { storedIn, type } = collection;
  const permission = method === 'GET' ? collection.permission : (type?.writing?.permission ?? null);
  if (permission !== null && roles !== null && !isGranted(roles, permission))
    return odataError(403, 'Forbidden', `Application must have one of the following scopes: ${permission}`);
  if (!tenant.unlicensed.has(storedIn)) return null;
  return storedIn.startsWith('identity/')
    ? odataError(403, 'AccessDenied', 'Your tenant is not licensed for this feature.')
    : odataError(400, 'BadRequest', 'Request not applicable to target tenant.');
}

function alteredPage(served: GraphAnswer, fault: Fault | null, request: GraphRequest): GraphAnswer {
  const body = served.body;
  const value = body?.value;
  if (!body || !Array.isArray(value)) return served;
  if (fault?.kind === 'truncated_page') {
    const { '@odata.nextLink': _link, ...rest } = body;
    return { ...served, body: { ...rest, value: value.slice(0, Math.max(0, value.length - fault.drop)) } };
  }
  if (fault?.kind === 'declared_count')
    return { ...served, body: { ...body, '@odata.count': fault.declared } };
  if (fault?.kind === 'altered_entry') {
    const altered = value.map((entry, index) =>
      index === fault.index && isGraphObject(entry) ? withFields(entry, fault.fields) : entry,
    );
    return { ...served, body: { ...body, value: altered } };
  }
  if (fault?.kind === 'next_link') {
    const link = fault.link.replace('{self}', `${request.base}/${pathOf(request)}`);
    return { ...served, body: { ...body, '@odata.nextLink': link } };
  }
  return served;
}

function withFields(entry: GraphObject, fields: Readonly<Record<string, GraphValue>>): GraphObject {
  const merged = Object.entries({ ...entry, ...fields });
  return Object.fromEntries(merged.filter(([name]) => fields[name] !== null));
}

/** Serves up to twenty requests, each with its own status. The answers are in another order, as Graph's may be. */
function serveBatch(
  parts: ExchangeParts,
  tenant: SimulatedTenant,
  request: GraphRequest,
  origin: ExchangeOrigin,
): GraphAnswer {
  const sent = isGraphObject(request.body) ? request.body.requests : undefined;
  if (request.method !== 'POST' || !Array.isArray(sent))
    return odataError(400, 'BadRequest', 'Invalid batch payload format.');
  if (sent.length > BATCH_REQUESTS_MAX)
    return odataError(400, 'BadRequest', `Number of batch requests exceeds ${BATCH_REQUESTS_MAX}.`);
  const inner = sent.filter(isGraphObject);
  const ids = new Set(inner.map((entry) => textOf(entry, 'id')));
  if (inner.length < sent.length || ids.size < inner.length || ids.has(null))
    return odataError(400, 'BadRequest', 'Batch requests need ids that are unique.');

  const responses = inner.map((entry): GraphObject => {
    const id = textOf(entry, 'id');
    const target = innerRequest(entry, request.base);
    if (target === null)
      return { id, status: 400, headers: {}, body: odataError(400, 'BadRequest', 'Invalid url.').body };
    const { answer } = exchange(parts, tenant, target, origin);
    return { id, status: answer.status, headers: { ...answer.headers }, body: answer.body };
  });
  return { status: 200, headers: {}, body: { responses: responses.reverse() } };
}

/** Whether a `Prefer` header asks for newer members of enumerations by name. */
export function prefersAllMembers(prefer: string | null): boolean {
  return /(^|[,;\s])include-unknown-enum-members([,;\s]|$)/i.test(prefer ?? '');
}

function innerRequest(entry: GraphObject, base: string): GraphRequest | null {
  const url = textOf(entry, 'url');
  const method = textOf(entry, 'method')?.toUpperCase();
  if (url === null || method === undefined) return null;
  try {
    const { pathname, searchParams } = new URL(`http://graph.invalid/${url.replace(/^\/+/, '')}`);
    const segments = pathname.slice(1).split('/').map(decodeURIComponent);
    if (segments[0] === '$batch') return null;
    const allMembers = isGraphObject(entry.headers) && prefersAllMembers(textOf(entry.headers, 'Prefer'));
    return { method, segments, query: searchParams, body: entry.body, allMembers, ifMatch: null, base };
  } catch {
    return null;
  }
}
