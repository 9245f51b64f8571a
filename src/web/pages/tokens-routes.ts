import type { FastifyInstance } from 'fastify';
import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import { TOKEN_CAPABILITIES } from '../../access/capabilities.js';
import { tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { askedBy, changedAt, formFields, notChanged, readForm } from './tenancy-form.js';

const dayMs = 24 * 60 * 60 * 1000;
const lifetimeDaysMax = 365;
/** Lifetimes that the form offers. */
export const tokenLifetimesDays = [7, 30, 90, 180, lifetimeDaysMax] as const;

const createSchema = z.object({
  ...formFields,
  formId: z.guid(),
  name: z.string().trim().min(1, 'needs a name').max(100),
  days: z.coerce.number().int().min(1).max(lifetimeDaysMax),
  capabilities: z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(z.enum(TOKEN_CAPABILITIES), 'choose at least one').min(1).max(TOKEN_CAPABILITIES.length),
  ),
});
const revokeSchema = z.object({ ...formFields, token: z.guid() });

/** Making and ending API tokens. */
export function registerTokensRoutes(app: FastifyInstance, runtime: WebRuntime): void {
  const { clock, config, ports } = runtime.deps;
  const managing = { config: { access: tenantRoute('tokens.manage') } };

  // Answers the page itself, not a redirect: the token is in this answer and nowhere else.
  app.post('/t/:tenant/tokens/create', managing, async (request, reply) => {
    const { tenant } = tenantAccessOf(request);
    const back = `/t/${tenant.slug}/tokens`;
    const form = readForm(createSchema, request);
    const { actor, at } = askedBy(request);
    const issued = await ports.tokens.issue(actor, {
      ...at,
      // A namespace of the tenant's own, so that no form can name another tenant's token.
      tokenId: uuidv5(form.formId, tenant.tenantId),
      name: form.name,
      capabilities: [...new Set(form.capabilities)],
      lifetimeMs: form.days * dayMs,
    });
    if (issued.kind === 'refused') throw notChanged(issued.message, back);
    const html = runtime.renderer.render('pages/tokens-created', {
      asset: (name: string) => runtime.assets.url(name),
      title: 'API token',
      name: issued.name,
      token: issued.token,
      expiresAt: issued.expiresAt,
      time: { now: clock.now(), zone: config.timeZone },
      tenant,
      origin: `${request.protocol}://${request.host}`,
      back,
    });
    return reply.status(201).type('text/html; charset=utf-8').send(html);
  });

  app.post('/t/:tenant/tokens/revoke', managing, async (request, reply) => {
    const { tenant } = tenantAccessOf(request);
    const { token: tokenId } = readForm(revokeSchema, request);
    const owner = await ports.tokens.tenantOf(tokenId);
    if (owner === undefined) throw new WebError('not_found', 'There is no such token.');
    if (owner !== tenant.tenantId) throw new WebError('forbidden', 'This token belongs to another tenant.');
    const { actor, at } = askedBy(request);
    const back = `/t/${tenant.slug}/tokens`;
    changedAt(await ports.tokens.revoke(actor, { ...at, tokenId }), back);
    return reply.redirect(back, 303);
  });
}
