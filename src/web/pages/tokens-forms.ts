import { z } from 'zod';
import { TOKEN_CAPABILITIES } from '../../access/capabilities.js';
import { typedName } from '../../entities/typed-text.js';
import { TOKEN_NAME_LENGTH_MAX } from '../../tenancy/token-events.js';
import { WebError } from '../web-error.js';
import { idOfForm } from './id-of-form.js';
import { defineForm } from './page-form.js';
import { changedAt, notChanged } from './read-form.js';
import { renderStandAlone, timeOfPerson } from './stand-alone-page.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const LIFETIME_DAYS_MAX = 365;
/** The lifetimes that the form offers. */
export const tokenLifetimesDays = [7, 30, 90, 180, LIFETIME_DAYS_MAX] as const;

const createSchema = z.object({
  formId: z.guid(),
  name: typedName(TOKEN_NAME_LENGTH_MAX, 'Give it a name'),
  days: z.coerce.number().int().min(1).max(LIFETIME_DAYS_MAX),
  capabilities: z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(z.enum(TOKEN_CAPABILITIES), 'Choose at least one').min(1).max(TOKEN_CAPABILITIES.length),
  ),
});
const createToken = defineForm({
  path: '/tokens/create',
  capability: 'tokens.manage',
  fields: createSchema,
  /** Answers with the page and not with a redirect, because the token is shown only in this answer. */
  async submit({ form, actor, at, tenant, request, runtime }, reply) {
    const { ports } = runtime.deps;
    const back = `/t/${tenant.slug}/tokens`;
    const issued = await ports.tokens.issue(actor, {
      ...at,
      tokenId: idOfForm(form.formId, tenant.tenantId),
      name: form.name,
      capabilities: [...new Set(form.capabilities)],
      lifetimeMs: form.days * DAY_MS,
    });
    if (issued.kind === 'refused') throw notChanged(issued.message, back);
    const { name, token, expiresAt } = issued;
    const html = renderStandAlone(runtime, {
      template: 'pages/tokens-created',
      title: 'API token',
      time: await timeOfPerson(runtime, actor.personId),
      view: { name, token, expiresAt, tenant, origin: `${request.protocol}://${request.host}`, back },
    });
    reply.status(201).type('text/html; charset=utf-8').send(html);
    return undefined;
  },
});

const revokeToken = defineForm({
  path: '/tokens/revoke',
  capability: 'tokens.manage',
  fields: z.object({ token: z.guid() }),
  async submit({ form, actor, at, tenant, runtime }) {
    const { tokens } = runtime.deps.ports;
    const owner = await tokens.tenantOf(form.token);
    if (owner === undefined) throw new WebError('not_found', 'There is no such token.');
    if (owner !== tenant.tenantId) throw new WebError('forbidden', 'This token belongs to another tenant.');
    changedAt(await tokens.revoke(actor, { ...at, tokenId: form.token }), `/t/${tenant.slug}/tokens`);
    return '/tokens';
  },
});

/** Forms that create and revoke API tokens. */
export const TOKEN_FORMS = [createToken, revokeToken] as const;
