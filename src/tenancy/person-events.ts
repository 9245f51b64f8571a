import { z } from 'zod';
import { defineEvent } from '../ledger/event-registry.js';

/** What a person set for themselves in every tenant: all of it, so that the newest event says how it stands. */
export const PersonSettingsChanged = defineEvent({
  type: 'PersonSettingsChanged',
  category: 'person',
  importance: 'minor',
  data: z.strictObject({
    /** IANA name; null for the zone of the tenant or the installation. */
    timeZone: z.string().max(60).nullable(),
    /** Whether single keys are shortcuts on pages (WCAG 2.1.4). */
    singleKeys: z.boolean(),
  }),
});

export const PERSON_EVENTS = [PersonSettingsChanged] as const;
