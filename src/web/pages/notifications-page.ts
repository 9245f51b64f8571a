import { z } from 'zod';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { listNotifications, type ShownNotification } from '../hub/notification-list.js';
import { LIMITS } from '../limits.js';
import { listField } from '../optional-field.js';
import { number } from '../view/format.js';
import { definePage } from './page.js';
import { defineForm } from './page-form.js';

const notificationsQuery = z.object({
  before: z.coerce.number().int().optional(),
  newest: z.coerce.number().int().optional(),
});

const markRead = defineForm({
  path: '/notifications/read',
  capability: 'own.manage',
  fields: z.object({
    notification: listField(z.string().max(200), 100),
    all: z.literal('yes').optional(),
  }),
  async submit({ form, actor, at, runtime }) {
    const notificationIds = form.all ? ['*'] : form.notification;
    if (notificationIds.length > 0) {
      const { position } = await runtime.deps.ports.notifications.markRead(actor.personId, {
        ...at,
        notificationIds,
      });
      await runtime.caughtUp(at.tenantId, position);
    }
    return '/notifications';
  },
});

/** A notification for the page: the run's present state, and the key that marks it as read. */
function notificationView(row: ShownNotification) {
  const bucket = row.bucket_now ?? row.bucket;
  return {
    ...row,
    name: `${row.run_id}:${row.kind}`,
    bucket,
    bucketLabel: BUCKET_LABELS[bucket],
    items: row.kind === 'queued' ? '' : itemsInWords(row),
  };
}

const itemsInWords = ({ succeeded, failed, skipped }: ShownNotification): string =>
  [
    `${number(succeeded)} succeeded`,
    ...(failed > 0 ? [`${number(failed)} failed`] : []),
    ...(skipped > 0 ? [`${number(skipped)} skipped`] : []),
  ].join(', ');

/** Record → Notifications: the person's own notifications (N1). */
export const notificationsPage = definePage<z.infer<typeof notificationsQuery>>({
  path: '/notifications',
  rail: { heading: 'Record', label: 'Notifications', icon: 'bell', unread: true },
  capability: 'own.manage',
  template: 'pages/notifications',
  query: notificationsQuery,
  forms: [markRead],
  async load({ db, personId, query, access }) {
    const page = await listNotifications(db, personId, {
      before: query.before,
      limit: LIMITS.notificationsPerPage,
    });
    const last = page.rows.at(-1);
    return {
      title: 'Notifications',
      view: {
        base: `/t/${access.tenant.slug}`,
        rows: page.rows.map(notificationView),
        older: page.hasMore && last ? `notifications?before=${last.position}` : null,
        paged: query.before !== undefined,
        newRuns: 0,
      },
      people: [],
      live: { newest: page.rows[0]?.position ?? 0 },
    };
  },
  live: {
    async load({ db, personId, query }) {
      const { rows } = await listNotifications(db, personId, { limit: LIMITS.notificationsPerPage });
      const newRuns = query.before ? 0 : rows.filter((row) => row.position > (query.newest ?? 0)).length;
      return {
        fragments: [
          {
            target: 'new-rows',
            template: 'partials/new-rows',
            view: { newRuns, firstPage: 'notifications', noun: 'notification' },
          },
        ],
        people: [],
      };
    },
  },
});
