import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Chance, Clock } from '../../../clock.js';
import { issuesInWords } from '../../../wording/issue-words.js';
import type { Fault, FaultPlan } from '../faults.js';
import type { GraphAnswer } from '../graph-answer.js';
import { sendExchange } from '../send-exchange.js';
import { isAnyDirectory } from './entra-directories.js';
import { registerPersonRoutes } from './person-routes.js';
import { type IssuedTokens, issuerAt, type SimulatedEntra } from './simulated-entra.js';
import { refusalBody, type TokenRefusal, tokenRefusal } from './token-refusal.js';

const revokeSchema = z.union([
  z.strictObject({ directory: z.guid() }),
  z.strictObject({ account: z.string(), disabled: z.boolean().default(false) }),
]);

const TOKEN_PATH = 'oauth2/v2.0/token';

interface EntraRoutesParts {
  readonly clock: Clock;
  readonly chance: Chance;
  /** Faults that name the token endpoint's path apply to that endpoint. */
  readonly faults: FaultPlan;
  readonly adminPrefix: string;
}

interface AudienceRequest {
  Params: { audience: string };
}

/** Registers Entra's routes, and the routes under the simulator's own prefix by which tests control it. */
export function registerEntraRoutes(
  app: FastifyInstance,
  entra: SimulatedEntra,
  { clock, chance, faults, adminPrefix }: EntraRoutesParts,
): void {
  app.post<AudienceRequest>(`/:audience/${TOKEN_PATH}`, async (request, reply) => {
    const directoryId = request.params.audience;
    const fault = faults.take({ tenant: directoryId, method: 'POST', path: TOKEN_PATH, byPathOnly: true });
    const field = fieldsOf(request);
    const ids = { directoryId, app: field('client_id') ?? '', traceId: chance.uuid(), at: clock.now() };
    const answer =
      (fault && troubleOf(fault, ids)) ??
      answerOf(await entra.token({ directoryId, endpoint: addressOf(request), field }), ids);
    if (fault === null)
      return reply.code(answer.status).header('cache-control', 'no-store').send(answer.body);
    const identity = { requestId: ids.traceId, clientRequestId: ids.traceId, at: ids.at };
    await sendExchange({ answer, identity, fault }, reply, clock);
    return reply;
  });
  app.get<AudienceRequest>('/:audience/v2.0/.well-known/openid-configuration', async (request, reply) => {
    const { audience } = request.params;
    if (entra.knows(audience)) return metadata(addressOf(request), audience);
    const ids = { directoryId: audience, app: '', traceId: chance.uuid(), at: clock.now() };
    return reply.code(400).send({ ...refusalBody(tokenRefusal(90002), ids), error: 'invalid_tenant' });
  });
  app.get('/:audience/discovery/v2.0/keys', async () => ({ keys: await entra.keys() }));
  registerPersonRoutes(app, entra.signIn);
  app.post(`${adminPrefix}/entra/roll-key`, async (_request, reply) => {
    await entra.rollKey();
    return reply.code(204).send();
  });
  app.post(`${adminPrefix}/entra/revoke`, async (request, reply) => {
    const parsed = revokeSchema.safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ problem: issuesInWords(parsed.error) });
    const { data } = parsed;
    if ('directory' in data) entra.revoke(data.directory);
    else if (!entra.endSignIns(data.account, data.disabled))
      return reply.code(404).send({ problem: 'there is no such account' });
    return reply.code(204).send();
  });
}

type RefusalIds = Parameters<typeof refusalBody>[1];

/** What the token endpoint answers: tokens, or a refusal in Entra's form. */
function answerOf(answer: IssuedTokens | TokenRefusal, ids: RefusalIds): GraphAnswer {
  if (!('token' in answer)) return { status: answer.status, headers: {}, body: refusalBody(answer, ids) };
  const body = {
    token_type: 'Bearer',
    expires_in: answer.lifeSeconds,
    ext_expires_in: answer.lifeSeconds,
    access_token: answer.token,
    ...(answer.scope !== undefined && { scope: answer.scope }),
    ...(answer.idToken !== undefined && { id_token: answer.idToken }),
    ...(answer.refreshToken !== undefined && { refresh_token: answer.refreshToken }),
  };
  return { status: 200, headers: {}, body };
}

/** The token endpoint in trouble: the fault's status, with Entra's number when its code is one such as `AADSTS90033`. */
function troubleOf(fault: Fault, ids: RefusalIds): GraphAnswer | null {
  if (fault.kind !== 'status') return null;
  const { status, code, retryAfter, headers } = fault;
  const aadsts = /^AADSTS(\d+)$/.exec(code ?? '')?.[1];
  const body = aadsts
    ? refusalBody(tokenRefusal(Number(aadsts)), ids)
    : { error: code ?? 'temporarily_unavailable' };
  return { status, headers: { ...headers, ...(retryAfter && { 'Retry-After': retryAfter }) }, body };
}

const addressOf = ({ headers, url }: FastifyRequest): string => `http://${headers.host}${url}`;

/** The fields of a posted form; the app's id and secret may stand in the header instead (RFC 6749, 2.3.1). */
function fieldsOf({ headers, body }: FastifyRequest): (name: string) => string | null {
  const fields = new URLSearchParams(typeof body === 'string' ? body : '');
  const basic = /^Basic (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic === undefined) return (name) => fields.get(name);
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  for (const [name, value] of [
    ['client_id', id],
    ['client_secret', secret],
  ] as const)
    fields.set(name, new URLSearchParams(`value=${value}`).get('value') ?? '');
  return (name) => fields.get(name);
}

/** Entra's metadata at an address for one directory, or for people of any. */
function metadata(address: string, audience: string): object {
  const { origin } = new URL(address);
  const base = `${origin}/${audience}`;
  return {
    issuer: isAnyDirectory(audience) ? `${origin}/{tenantid}/v2.0` : issuerAt(address, audience),
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    request_uri_parameter_supported: false,
  };
}
