import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { csrfTokenOf } from '../auth/csrf.js';
import { safeRedirect } from '../auth/safe-redirect.js';
import { personSettingsAlone } from '../hub/person-settings.js';
import type { PersonSettings } from '../ports/personal.js';
import { personOf } from '../request-identity.js';
import { SIGNED_IN } from '../route-access.js';
import { refusedForm } from '../view/form-state.js';
import { listedZone, NAMES_TODAY, TIME_ZONES } from '../view/time-zones.js';
import { WEB_ERRORS, WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { readForm } from './read-form.js';
import { renderStandAlone, timeOfPerson } from './stand-alone-page.js';

const PATH = '/me';

const fieldsSchema = z.object({
  /** An empty field means the zone of the tenant or of the installation. */
  timeZone: z
    .string('Choose a time zone of the list')
    .transform((text) => (text === '' ? null : listedZone(text)))
    .refine((zone) => zone !== undefined, 'Choose a time zone of the list')
    .transform((zone) => zone ?? null),
  singleKeys: z.literal('yes', 'It is ticked or not').optional(),
  back: z.string().optional(),
});
const keysSchema = z.object({ singleKeys: z.enum(['yes', 'no']) });

/** `/me`: a person's settings for all of their pages, in all tenants (H9). */
export function registerMe(app: FastifyInstance, runtime: WebRuntime): void {
  const { deps } = runtime;
  const config = { access: SIGNED_IN };

  app.get(PATH, { config }, async (request, reply) => {
    const { back } = Object(request.query) as { readonly back?: unknown };
    return reply.type('text/html; charset=utf-8').send(await htmlOf(runtime, request, back));
  });

  app.post(PATH, { config }, async (request, reply) => {
    try {
      const { timeZone, singleKeys, back } = readForm(fieldsSchema, request.body);
      await save(request, { timeZone, singleKeys: singleKeys === 'yes' });
      const kept = safeRedirect(back, '');
      return reply.redirect(`${PATH}?saved=yes${kept && `&back=${encodeURIComponent(kept)}`}`, 303);
    } catch (error) {
      if (!(error instanceof WebError) || error.code !== 'bad_request') throw error;
      const { back } = Object(request.body) as { readonly back?: unknown };
      const html = await htmlOf(runtime, request, back, error);
      return reply.status(error.statusCode).type('text/html; charset=utf-8').send(html);
    }
  });

  // The list of shortcuts changes only this setting.
  app.post(`${PATH}/keys`, { config }, async (request, reply) => {
    const { singleKeys } = readForm(keysSchema, request.body);
    const { timeZone } = await personSettingsAlone(deps, personOf(request));
    await save(request, { timeZone, singleKeys: singleKeys === 'yes' });
    return reply.redirect(PATH, 303);
  });

  /** Saves settings and waits a moment for pages to show them. */
  async function save(request: FastifyRequest, settings: PersonSettings): Promise<void> {
    const personId = personOf(request);
    const { position } = await deps.ports.settings.set(personId, settings, request.id);
    const [tenant] = deps.ports.access.tenantsOf(personId);
    if (tenant) await runtime.caughtUp(tenant.tenantId, position);
  }
}

async function htmlOf(
  runtime: WebRuntime,
  request: FastifyRequest,
  back: unknown,
  error?: WebError,
): Promise<string> {
  const { deps } = runtime;
  const { identity } = request;
  const personId = personOf(request);
  const settings = await personSettingsAlone(deps, personId);
  return renderStandAlone(runtime, {
    template: 'pages/me',
    title: 'Your settings',
    csrf: identity.kind === 'person' ? csrfTokenOf(identity.cookieSecret) : '',
    time: await timeOfPerson(runtime, personId),
    view: {
      person: (await runtime.names([personId])).get(personId) ?? 'somebody without a name',
      settings,
      zones: TIME_ZONES,
      renamed: Object.entries(NAMES_TODAY)
        .map((pair) => pair.join('='))
        .join(','),
      installation: deps.config.timeZone,
      saved: Object(request.query).saved === 'yes' && !error,
      back: safeRedirect(back, '/tenants'),
      form: error && refusedForm(request.body, error.details.fields ?? {}),
      refused: error && { title: WEB_ERRORS[error.code].title, message: error.message },
    },
  });
}
