import { z } from 'zod';
import { isConnected } from '../hub/inventory-list.js';
import { type ListedSchedule, listSchedules } from '../hub/schedule-list.js';
import { commandOffer } from '../start-offers.js';
import { dueInWords, nextTimes, scheduleTrouble, whenInWords } from '../view/schedule-state.js';
import { definePage, type PageRead } from './page.js';
import { typesOfSchedules } from './schedule-fields.js';

/** Making, changing, pausing and removing schedules. */
export const MANAGES_SCHEDULES = { capability: 'backups.manage' } as const;

/** Backup → Schedules: the schedules with their operations, times and latest results (K8). */
export const schedulesPage = definePage<object>({
  path: '/schedules',
  rail: { heading: 'Backup', label: 'Schedules', icon: 'clock' },
  capability: 'features.read',
  template: 'pages/schedules',
  query: z.object({}),
  async load(read) {
    const { access, runtime } = read;
    const types = typesOfSchedules(runtime);
    return {
      title: 'Schedules',
      view: {
        ...(await listView(read)),
        offer: commandOffer(access, MANAGES_SCHEDULES),
        types: runtime.deps.ports.starts.types.filter(({ type }) => types.has(type)),
      },
      people: [],
    };
  },
  live: {
    load: async (read) => ({
      fragments: [{ target: 'schedules', template: 'partials/schedule-list', view: await listView(read) }],
      people: [],
    }),
  },
});

async function listView(read: PageRead<object>) {
  const { db, access } = read;
  const listed = await listSchedules(db);
  const connected = await isConnected(db);
  const schedules = listed.map((one) => ({
    ...rowOf(read, one),
    unconnected: !connected && readsGraph(read.runtime, one.schedule),
  }));
  return { base: `/t/${access.tenant.slug}`, schedules };
}

function rowOf({ runtime, time }: PageRead<object>, listed: ListedSchedule) {
  const { schedule, times } = listed;
  return {
    id: schedule.schedule_id,
    name: schedule.name,
    state: schedule.state,
    pauseReason: schedule.pause_reason,
    what: whatInWords(runtime, schedule),
    when: whenInWords(schedule),
    next: nextTimes(schedule, time.now)[0] ?? null,
    last: times[0] ? { ...times[0], words: dueInWords(times[0]) } : null,
    trouble: scheduleTrouble(listed, time.now),
  };
}

/** Whether what a schedule starts needs a connection to Graph. */
export const readsGraph = (
  { deps }: PageRead<unknown>['runtime'],
  { operation_type }: Pick<ListedSchedule['schedule'], 'operation_type'>,
): boolean =>
  deps.ports.starts.types.some(({ type, permissions }) => type === operation_type && permissions.length > 0);

/** What a schedule starts, in words: "Inventory of all policies". */
export function whatInWords(
  runtime: PageRead<unknown>['runtime'],
  { operation_type, given }: Pick<ListedSchedule['schedule'], 'operation_type' | 'given'>,
): string {
  const type = runtime.deps.ports.starts.types.find((known) => known.type === operation_type);
  if (!type?.schedulable) return operation_type;
  const read = type.schedulable.given.safeParse(given);
  return read.success ? `${type.label} of ${type.schedulable.inWords(given)}` : type.label;
}
