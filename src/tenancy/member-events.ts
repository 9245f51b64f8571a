import { z } from 'zod';
import { defineEntity } from '../ledger/define-entity.js';
import { defineEvent } from '../ledger/event-registry.js';
import { count } from '../wording/number-words.js';

export const NotificationRead = defineEvent({
  type: 'NotificationRead',
  category: 'member',
  meaning: 'A person has read notifications.',
  words: ({ notificationIds }) =>
    notificationIds.includes('*') ? 'all so far' : count(notificationIds.length, 'notification'),
  importance: 'minor',
  data: z.strictObject({
    /** `<run id>:queued` or `<run id>:ended`; `*` for everything up to this event. */
    notificationIds: z.array(z.string().max(80)).min(1).max(200),
  }),
});

/** No longer written: PersonSettingsChanged sets the time zone for all tenants. */
export const SettingsChanged = defineEvent({
  type: 'SettingsChanged',
  category: 'member',
  meaning: 'A person changed their settings in this tenant (before they were one for all tenants).',
  words: ({ timeZone }) => `time zone ${timeZone ?? 'of the installation'}`,
  importance: 'minor',
  data: z.strictObject({ timeZone: z.string().max(60).nullable() }),
});

/** Filters of the list of operations, saved under a name; the newest event of an id counts. */
export const ViewSaved = defineEvent({
  type: 'ViewSaved',
  category: 'member',
  meaning: 'A person named filters of the list of operations, or changed what the name stands for.',
  words: ({ name }) => `“${name}”`,
  importance: 'minor',
  data: z.strictObject({
    viewId: z.guid(),
    name: z.string().min(1).max(60),
    /** Query of the list's address without its `?`. */
    query: z.string().max(2000),
  }),
});

export const ViewRemoved = defineEvent({
  type: 'ViewRemoved',
  category: 'member',
  meaning: 'That name is gone.',
  importance: 'minor',
  data: z.strictObject({ viewId: z.guid() }),
});

/** The view that the list opens with; null for none. */
export const DefaultViewChosen = defineEvent({
  type: 'DefaultViewChosen',
  category: 'member',
  meaning: 'A person chose the view that the list opens with.',
  importance: 'minor',
  data: z.strictObject({ viewId: z.guid().nullable() }),
});

/** A person's own settings in one tenant. */
export const memberEntity = defineEntity({
  category: 'member',
  streams: '<tenant>.<person>',
  events: [NotificationRead, SettingsChanged, ViewSaved, ViewRemoved, DefaultViewChosen],
});

/** The stream of a person in a tenant. */
export const memberStream = (tenantId: string, personId: string): string =>
  memberEntity.stream(tenantId, personId);
