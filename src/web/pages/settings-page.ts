import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CSRF_FIELD } from '../auth/csrf.js';
import { personOf, tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { definePage, registerTenantPage } from './tenant-page.js';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
const formSchema = z.object({
  [CSRF_FIELD]: z.string(),
  timeZone: z.preprocess((value) => (value === '' ? null : value), z.enum(ZONES).nullable()),
});

/** A person's own settings in a tenant: the time zone that all times are told in (H9). */
const settingsPage = (runtime: WebRuntime) =>
  definePage<object>({
    path: '/settings',
    nav: 'settings',
    capability: 'own.manage',
    template: 'pages/settings',
    query: z.object({}),
    async load({ db, access, personId }) {
      const settings = await db
        .selectFrom('member_settings')
        .select('time_zone')
        .where('person_id', '=', personId)
        .executeTakeFirst();
      return {
        title: 'Settings',
        view: {
          action: `/t/${access.tenant.slug}/settings`,
          zones: ZONES,
          chosen: settings?.time_zone ?? null,
          installation: runtime.deps.config.timeZone,
        },
        people: [],
      };
    },
  });

/** The page of one's own settings and its form. */
export function registerSettings(app: FastifyInstance, runtime: WebRuntime): void {
  registerTenantPage(app, runtime, settingsPage(runtime));
  app.post(
    '/t/:tenant/settings',
    { config: { access: tenantRoute('own.manage') } },
    async (request, reply) => {
      const { tenant } = tenantAccessOf(request);
      const form = formSchema.safeParse(request.body);
      if (!form.success) throw new WebError('bad_request', 'That is no time zone of the list.');
      const { position } = await runtime.deps.ports.settings.setTimeZone(personOf(request), {
        tenantId: tenant.tenantId,
        timeZone: form.data.timeZone,
        correlationId: request.id,
      });
      await runtime.caughtUp(tenant.tenantId, position);
      return reply.redirect(`/t/${tenant.slug}/settings`, 303);
    },
  );
}
