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

export const SettingsChanged = defineEvent({
  type: 'SettingsChanged',
  category: 'member',
  importance: 'minor',
  data: z.strictObject({ timeZone: z.string().max(60).nullable() }),
});

export const MEMBER_EVENTS = [NotificationRead, SettingsChanged] as const;
