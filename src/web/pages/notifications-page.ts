import { z } from 'zod';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { listNotifications } from '../hub/notification-list.js';
import { LIMITS } from '../limits.js';
import { definePage } from './tenant-page.js';

const notificationsQuery = z.object({
  before: z.coerce.number().int().optional(),
  newest: z.coerce.number().int().optional(),
});

/** Record → Notifications: the person's own, and nobody else's (N1). */
export const notificationsPage = definePage<z.infer<typeof notificationsQuery>>({
  path: '/notifications',
  nav: 'notifications',
  capability: 'own.manage',
  template: 'pages/notifications',
  query: notificationsQuery,
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
        rows: page.rows.map((row) => ({ row, bucketLabel: BUCKET_LABELS[row.bucket] })),
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
