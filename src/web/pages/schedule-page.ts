import { z } from 'zod';
import {
  pauseSchedule,
  REMOVED_MEANWHILE,
  removeSchedule,
  resumeSchedule,
} from '../../entities/schedule/schedule.js';
import { setScheduleFor } from '../../operations/set-schedule.js';
import { explained } from '../../runs/reason-codes.js';
import { readHub } from '../hub/hub-read.js';
import { isConnected } from '../hub/inventory-list.js';
import { findSchedule, listedSchedule, listScheduleTimes, type ScheduleRow } from '../hub/schedule-list.js';
import { LIMITS } from '../limits.js';
import { commandOffer, graphStartOffer, startOffer } from '../start-offers.js';
import { type Act, actsView } from '../view/acts.js';
import {
  byHandInWords,
  dueInWords,
  nextTimes,
  scheduleTrouble,
  whenInWords,
} from '../view/schedule-state.js';
import { WebError } from '../web-error.js';
import { definePage, type PageRead } from './page.js';
import { change, defineForm, type FormSent, startedRun } from './page-form.js';
import { notChanged } from './read-form.js';
import { peopleOf } from './run-rows.js';
import {
  fieldsView,
  MISSED_WORDS,
  scheduleFields,
  settingsSent,
  typesOfSchedules,
} from './schedule-fields.js';
import { MANAGES_SCHEDULES, readsGraph, whatInWords } from './schedules-page.js';
import { neededText } from './text-fields.js';

const PATH = '/schedules/:schedule';
const SCHEDULE_ID = { param: 'schedule', kind: 'schedule' } as const;
const of = { ...MANAGES_SCHEDULES, id: SCHEDULE_ID } as const;

const idIn = ({ params }: FormSent<unknown>): string => params.schedule ?? '';

const changeForm = defineForm({
  ...of,
  path: `${PATH}/change`,
  fields: scheduleFields,
  async submit(sent) {
    const { deps } = sent.runtime;
    const known = await readHub(deps, sent.at.tenantId, (db) => findSchedule(db, idIn(sent)));
    if (!known) throw new WebError('not_found', 'There is no such schedule.');
    const types = typesOfSchedules(sent.runtime);
    const settings = settingsSent(sent.form, known.operation_type, types);
    const page = `/schedules/${idIn(sent)}`;
    await change(sent, setScheduleFor(types), { scheduleId: idIn(sent), ...settings }, page);
    return page;
  },
});

const pauseForm = defineForm({
  ...of,
  path: `${PATH}/pause`,
  fields: z.object({
    reason: neededText(300, 'needs a reason'),
  }),
  async submit(sent) {
    const page = `/schedules/${idIn(sent)}`;
    await change(sent, pauseSchedule, { scheduleId: idIn(sent), reason: sent.form.reason }, page);
    return page;
  },
});

const resumeForm = defineForm({
  ...of,
  path: `${PATH}/resume`,
  fields: z.object({}),
  async submit(sent) {
    const page = `/schedules/${idIn(sent)}`;
    await change(sent, resumeSchedule, { scheduleId: idIn(sent) }, page);
    return page;
  },
});

const removeForm = defineForm({
  ...of,
  path: `${PATH}/remove`,
  fields: z.object({}),
  async submit(sent) {
    await change(sent, removeSchedule, { scheduleId: idIn(sent) }, `/schedules/${idIn(sent)}`);
    return '/schedules';
  },
});

const startForm = defineForm({
  path: `${PATH}/start`,
  capability: 'runs.start',
  id: SCHEDULE_ID,
  fields: z.object({}),
  async submit(sent) {
    const { deps } = sent.runtime;
    const scheduleId = idIn(sent);
    const schedule = await readHub(deps, sent.at.tenantId, (db) => findSchedule(db, scheduleId));
    if (!schedule) throw new WebError('not_found', 'There is no such schedule.');
    if (schedule.state === 'removed')
      throw notChanged(REMOVED_MEANWHILE.refusal, `/t/${sent.tenant.slug}/schedules`);
    const started = await deps.ports.starts.startScheduled(sent.actor, { ...sent.at, scheduleId });
    return startedRun(started, sent.tenant, sent.runtime);
  },
});

const querySchema = z.object({
  /** The page of due times before this one, milliseconds since 1970. */
  before: z.coerce.number().int().optional(),
});
type Query = z.infer<typeof querySchema>;

/** One schedule: its next due times, the results of earlier ones, and the forms that change it. */
export const schedulePage = definePage<Query>({
  path: PATH,
  under: '/schedules',
  capability: 'features.read',
  id: SCHEDULE_ID,
  template: 'pages/schedule',
  query: querySchema,
  forms: [startForm, changeForm, pauseForm, resumeForm, removeForm],
  linkTargets: { schedule: ({ target_id }) => `/schedules/${encodeURIComponent(target_id)}` },
  async load(read) {
    const schedule = await findSchedule(read.db, read.params.schedule ?? '');
    if (!schedule) return undefined;
    const { view, people } = await scheduleView(read, schedule);
    return {
      title: schedule.name,
      view: {
        ...view,
        ...fieldsView(read.runtime, schedule.operation_type, schedule),
        offer: commandOffer(read.access, MANAGES_SCHEDULES),
        acts: schedule.state === 'removed' ? null : actsView([await startAct(read, schedule)]),
      },
      people,
    };
  },
  live: {
    async load(read) {
      const schedule = await findSchedule(read.db, read.params.schedule ?? '');
      if (!schedule) return { fragments: [], people: [] };
      const { view, people } = await scheduleView(read, schedule);
      return { fragments: [{ target: 'schedule', template: 'partials/schedule', view }], people };
    },
  },
});

/** Starts now what the schedule starts at its times. */
async function startAct({ access, db, runtime }: PageRead<Query>, schedule: ScheduleRow): Promise<Act> {
  return {
    label: 'Start now',
    method: 'post',
    path: `/schedules/${schedule.schedule_id}/start`,
    fields: {},
    offer: readsGraph(runtime, schedule) ? await graphStartOffer(access, db) : startOffer(access, null),
  };
}

async function scheduleView({ db, access, time, runtime, query }: PageRead<Query>, schedule: ScheduleRow) {
  const limit = LIMITS.scheduleTimesShown;
  const found = await listScheduleTimes(db, schedule.schedule_id, { limit: limit + 1, before: query.before });
  const times = found.slice(0, limit);
  return {
    view: {
      base: `/t/${access.tenant.slug}`,
      schedule,
      what: whatInWords(runtime, schedule),
      when: whenInWords(schedule),
      missed: MISSED_WORDS[schedule.missed],
      next: nextTimes(schedule, time.now),
      trouble: scheduleTrouble(await listedSchedule(db, schedule), time.now),
      hindrance:
        readsGraph(runtime, schedule) && !(await isConnected(db)) ? explained('not_connected') : null,
      times: times.map((due) => ({ ...due, words: dueInWords(due), byHand: byHandInWords(due) })),
      older: found.length > limit ? (times.at(-1)?.due_at ?? null) : null,
    },
    people: [
      ...(schedule.changed_by_kind === 'member' ? [schedule.changed_by_id] : []),
      ...peopleOf(times.flatMap((due) => [due, ...due.also_asked])),
    ],
  };
}
