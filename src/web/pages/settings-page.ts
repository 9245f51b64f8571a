import { z } from 'zod';
import { definePage } from './page.js';
import { defineForm } from './page-form.js';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

/** An empty field stands for the installation's own zone. */
const timeZone = z.preprocess(
  (value) => (value === '' ? null : value),
  z.enum(ZONES, 'is no time zone of the list').nullable(),
);

const setTimeZone = defineForm({
  path: '/settings',
  capability: 'own.manage',
  fields: z.object({ timeZone }),
  async submit({ form, actor, at, runtime }) {
    const { position } = await runtime.deps.ports.settings.setTimeZone(actor.personId, {
      ...at,
      timeZone: form.timeZone,
    });
    await runtime.caughtUp(at.tenantId, position);
    return '/settings';
  },
});

/** A person's own settings in a tenant: the time zone that all times are told in (H9). */
export const settingsPage = definePage<object>({
  path: '/settings',
  capability: 'own.manage',
  template: 'pages/settings',
  query: z.object({}),
  forms: [setTimeZone],
  async load({ db, access, personId, runtime }) {
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
