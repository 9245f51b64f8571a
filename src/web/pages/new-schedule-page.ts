import { z } from 'zod';
import { setScheduleFor } from '../../operations/set-schedule.js';
import { commandOffer } from '../start-offers.js';
import { WebError } from '../web-error.js';
import { idOfForm } from './id-of-form.js';
import { definePage } from './page.js';
import { change, defineForm } from './page-form.js';
import { fieldsView, scheduleFields, settingsSent, typesOfSchedules } from './schedule-fields.js';
import { MANAGES_SCHEDULES } from './schedules-page.js';

const PATH = '/schedules/new/:operationType';

const createForm = defineForm({
  path: PATH,
  ...MANAGES_SCHEDULES,
  fields: scheduleFields.extend({ formId: z.guid() }),
  async submit(sent) {
    const operationType = sent.params.operationType ?? '';
    const types = typesOfSchedules(sent.runtime);
    if (!types.has(operationType)) throw new WebError('not_found', 'No schedule can start this.');
    const settings = settingsSent(sent.form, operationType, types);
    const scheduleId = idOfForm(sent.form.formId, sent.tenant.tenantId);
    await change(sent, setScheduleFor(types), { scheduleId, ...settings }, '/schedules');
    return `/schedules/${scheduleId}`;
  },
});

/** Backup → Schedules → a new one, for one operation type. */
export const newSchedulePage = definePage<object>({
  path: PATH,
  under: '/schedules',
  capability: 'features.read',
  template: 'pages/new-schedule',
  query: z.object({}),
  forms: [createForm],
  async load({ access, params, runtime, time }) {
    const type = runtime.deps.ports.starts.types.find((known) => known.type === params.operationType);
    if (!type?.schedulable) return undefined;
    return {
      title: `New schedule: ${type.label}`,
      view: {
        ...fieldsView(runtime, type.type, { zone: time.zone }),
        base: `/t/${access.tenant.slug}`,
        type,
        offer: commandOffer(access, MANAGES_SCHEDULES),
        formId: runtime.deps.chance.uuid(),
      },
      people: [],
      still: true,
    };
  },
});
