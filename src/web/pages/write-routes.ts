import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CSRF_FIELD } from '../auth/csrf.js';
import type { WebActor } from '../ports.js';
import { personOf, tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';

const listOf = z.preprocess(
  (value) => (value === undefined || value === '' ? undefined : Array.isArray(value) ? value : [value]),
  z.array(z.string().max(200)).max(100).optional(),
);
const text = z.preprocess((value) => (value === '' ? undefined : value), z.string().max(200).optional());
const csrf = { [CSRF_FIELD]: z.string() };
const inventorySchema = z.object({
  ...csrf,
  policyTypes: listOf,
  acceptCountMismatch: z.literal('yes').optional(),
});
const driftSchema = z.object({ ...csrf, scopeKey: text, baselineRunId: text, currentRunId: text });
const noteSchema = z.object({ ...csrf, note: z.string().trim().max(500).default('') });
const readSchema = z.object({ ...csrf, notification: listOf, all: z.literal('yes').optional() });

/** What pages can change: starts, reviews of findings and read marks. Plain forms that answer a redirect. */
export function registerWriteRoutes(app: FastifyInstance, runtime: WebRuntime): void {
  const { ports } = runtime.deps;

  /** Starts a run and goes to its page; a run that is active already is shown just the same. */
  async function start(request: FastifyRequest, type: string, input: unknown): Promise<string> {
    const { tenant } = tenantAccessOf(request);
    const outcome = await ports.starts.start(actorOf(request), {
      tenantId: tenant.tenantId,
      type,
      input,
      correlationId: request.id,
    });
    const base = `/t/${tenant.slug}/runs`;
    if (outcome.kind === 'refused') {
      const { code, message, runId } = outcome.refusal;
      const link = runId ? `${base}/${runId}` : undefined;
      throw new WebError('refused', message, { refusalCode: code, ...(link ? { link } : {}) });
    }
    const shown = await runtime.caughtUp(tenant.tenantId, outcome.position);
    return `${base}/${outcome.runId}${shown ? '' : `?after=${outcome.position}`}`;
  }

  const starting = { config: { access: tenantRoute('runs.start') } };
  app.post('/t/:tenant/inventory/start', starting, async (request, reply) => {
    const { policyTypes, acceptCountMismatch } = parseForm(inventorySchema, request.body);
    const input = {
      ...(policyTypes ? { policyTypes } : {}),
      ...(acceptCountMismatch ? { acceptCountMismatch: true } : {}),
    };
    return reply.redirect(await start(request, 'inventory.sync', input), 303);
  });
  app.post('/t/:tenant/drift/start', starting, async (request, reply) => {
    const { scopeKey, baselineRunId, currentRunId } = parseForm(driftSchema, request.body);
    const input = {
      ...(scopeKey ? { scopeKey } : {}),
      ...(baselineRunId ? { baselineRunId } : {}),
      ...(currentRunId ? { currentRunId } : {}),
    };
    return reply.redirect(await start(request, 'drift.generate', input), 303);
  });

  const reviewing = {
    config: { access: tenantRoute('findings.review', { param: 'finding', kind: 'finding' as const }) },
  };
  for (const act of ['acknowledge', 'reopen'] as const) {
    app.post<{ Params: { finding: string } }>(
      `/t/:tenant/drift/findings/:finding/${act}`,
      reviewing,
      async (request, reply) => {
        const { tenant } = tenantAccessOf(request);
        const { note } = parseForm(noteSchema, request.body);
        const fingerprint = request.params.finding;
        if ((await ports.access.tenantOf('finding', fingerprint)) !== tenant.tenantId) {
          throw new WebError('not_found', 'There is no such finding.');
        }
        const { position } = await ports.findings[act](actorOf(request), {
          tenantId: tenant.tenantId,
          fingerprint,
          note: note === '' ? null : note,
          correlationId: request.id,
        });
        await runtime.caughtUp(tenant.tenantId, position);
        return reply.redirect(`/t/${tenant.slug}/drift/findings/${fingerprint}`, 303);
      },
    );
  }

  app.post(
    '/t/:tenant/notifications/read',
    { config: { access: tenantRoute('own.manage') } },
    async (request, reply) => {
      const { tenant } = tenantAccessOf(request);
      const form = parseForm(readSchema, request.body);
      const notificationIds = form.all ? ['*'] : (form.notification ?? []);
      if (notificationIds.length > 0) {
        const { position } = await ports.notifications.markRead(personOf(request), {
          tenantId: tenant.tenantId,
          notificationIds,
          correlationId: request.id,
        });
        await runtime.caughtUp(tenant.tenantId, position);
      }
      return reply.redirect(`/t/${tenant.slug}/notifications`, 303);
    },
  );
}

const actorOf = (request: FastifyRequest): WebActor => ({ kind: 'member', personId: personOf(request) });

function parseForm<Form>(schema: z.ZodType<Form>, body: unknown): Form {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new WebError('bad_request', z.prettifyError(parsed.error));
  return parsed.data;
}
