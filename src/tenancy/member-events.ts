import { z } from 'zod';
import { defineEvent } from '../ledger/event-registry.js';

export const NotificationRead = defineEvent({
  type: 'NotificationRead',
  category: 'member',
  importance: 'minor',
  data: z.strictObject({
    /** `<run id>:queued` or `<run id>:ended`; `*` for everything up to this event. */
    notificationIds: z.array(z.string().max(80)).min(1).max(200),
  }),
});

/** Not written any more: a zone is set for all tenants at once, by PersonSettingsChanged. */
export const SettingsChanged = defineEvent({
  type: 'SettingsChanged',
  category: 'member',
  importance: 'minor',
  data: z.strictObject({ timeZone: z.string().max(60).nullable() }),
});

/** Filters of the list of operations under a name; the newest event of an id says what the view is. */
export const ViewSaved = defineEvent({
  type: 'ViewSaved',
  category: 'member',
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
  importance: 'minor',
  data: z.strictObject({ viewId: z.guid() }),
});

/** The view that the list opens with; null for none. */
export const DefaultViewChosen = defineEvent({
  type: 'DefaultViewChosen',
  category: 'member',
  importance: 'minor',
  data: z.strictObject({ viewId: z.guid().nullable() }),
});

export const MEMBER_EVENTS = [
  NotificationRead,
  SettingsChanged,
  ViewSaved,
  ViewRemoved,
  DefaultViewChosen,
] as const;
