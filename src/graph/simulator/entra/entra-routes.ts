import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Chance, Clock } from '../../../clock.js';
import type { SimulatedEntra } from './simulated-entra.js';
import { refusalBody } from './token-refusal.js';

const DIRECTORY = '/:directory([0-9a-fA-F-]{36})';
const revokeSchema = z.strictObject({ directory: z.guid() });

/** Registers Entra's routes, and the routes under the simulator's own prefix by which tests control it. */
export function registerEntraRoutes(
  app: FastifyInstance,
  entra: SimulatedEntra,
  {
    clock,
    chance,
    adminPrefix,
  }: { readonly clock: Clock; readonly chance: Chance; readonly adminPrefix: string },
): void {
  app.post<{ Params: { directory: string } }>(`${DIRECTORY}/oauth2/v2.0/token`, async (request, reply) => {
    const fields = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const directoryId = request.params.directory;
    const endpoint = `http://${request.headers.host}${request.url}`;
    const answer = await entra.token({ directoryId, endpoint, field: (name) => fields.get(name) });
    void reply.header('cache-control', 'no-store');
    if ('token' in answer)
      return {
        token_type: 'Bearer',
        expires_in: answer.lifeSeconds,
        ext_expires_in: answer.lifeSeconds,
        access_token: answer.token,
      };
    const ids = { directoryId, app: fields.get('client_id') ?? '', traceId: chance.uuid(), at: clock.now() };
    return reply.code(answer.status).send(refusalBody(answer, ids));
  });
  app.get<{ Params: { directory: string } }>(
    `${DIRECTORY}/v2.0/.well-known/openid-configuration`,
    async (request, reply) => {
      const { directory } = request.params;
      const base = `http://${request.headers.host}/${directory}`;
      if (!entra.knows(directory))
        return reply.code(400).send({ error: 'invalid_tenant', error_codes: [90002] });
      return {
        issuer: `${base}/v2.0`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
        token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      };
    },
  );
  app.get(`${DIRECTORY}/discovery/v2.0/keys`, async () => ({ keys: await entra.keys() }));
  app.post(`${adminPrefix}/entra/roll-key`, async (_request, reply) => {
    await entra.rollKey();
    return reply.code(204).send();
  });
  app.post(`${adminPrefix}/entra/revoke`, async (request, reply) => {
    const parsed = revokeSchema.safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ problem: z.prettifyError(parsed.error) });
    entra.revoke(parsed.data.directory);
    return reply.code(204).send();
  });
}
