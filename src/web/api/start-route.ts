import { z } from 'zod';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { API, type ApiRoute, apiRoute } from './api-route.js';
import { startedAnswer } from './schemas.js';

const startSchema = z.strictObject({
  type: z.string().max(200).describe('One of GET /operation-types'),
  input: z.unknown().optional().describe('As the type’s own schema has it; an empty object when left out'),
});
const requestKeySchema = z.string().regex(/^[\x21-\x7e]{1,200}$/);
/** Refusals that are caused by the request itself and not by the state of the log. */
const UNPROCESSABLE = new Set(['invalid_input', 'unknown_type']);

/** Starts a run of any type. */
export function startRoute({ deps }: WebRuntime): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/tenants/:tenant/runs',
    operationId: 'startRun',
    summary: 'Start a run, or join the one that is active for the same operation',
    description:
      'Answers as soon as the run is recorded. Workers carry it out, or a producer claims it, by its type.',
    tag: 'runs',
    // The operation type says which of these capabilities a start needs.
    access: { ...tenantRoute('runs.start'), orAnyOf: ['restores.start_live'] },
    headers: [
      {
        name: 'Idempotency-Key',
        description:
          'Names this very request, 1 to 200 visible ASCII characters. Sent again within 24 hours it answers ' +
          'the run that it started, also when that has ended; with another body it is refused.',
      },
    ],
    body: startSchema,
    answers: {
      202: { description: 'A run was started', schema: startedAnswer },
      200: { description: 'The run was there already', schema: startedAnswer },
    },
    async handle({ request, reply, client, body }) {
      const requestKey = requestKeyOf(request.headers['idempotency-key']);
      const outcome = await deps.ports.starts.start(
        { kind: 'api', clientId: client.clientId, name: client.name, capabilities: client.capabilities },
        {
          tenantId: tenantAccessOf(request).tenant.tenantId,
          type: body.type,
          input: body.input ?? {},
          correlationId: request.id,
          ...(requestKey === undefined ? {} : { requestKey }),
        },
      );
      if (outcome.kind === 'refused') {
        const { code, message, runId } = outcome.refusal;
        throw new WebError(problemOf(code), message, {
          refusalCode: code,
          ...(runId ? { link: `${API}/runs/${runId}` } : {}),
        });
      }
      const { kind, runId, position } = outcome;
      return reply
        .status(kind === 'started' ? 202 : 200)
        .header('location', `${API}/runs/${runId}`)
        .send({ runId, position, reused: kind === 'reused', repeated: kind === 'repeated' });
    },
  });
}

function problemOf(code: string): 'forbidden' | 'unprocessable' | 'refused' {
  if (code === 'not_permitted') return 'forbidden';
  return UNPROCESSABLE.has(code) ? 'unprocessable' : 'refused';
}

function requestKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = requestKeySchema.safeParse(header);
  if (key.success) return key.data;
  throw new WebError('bad_request', 'Idempotency-Key must be 1 to 200 visible ASCII characters, sent once.');
}
