import { z } from 'zod';
import { defineEntity } from '../ledger/define-entity.js';
import { defineEvent } from '../ledger/event-registry.js';

/** A person's settings for all tenants; each event has all settings, so that the newest one counts. */
export const PersonSettingsChanged = defineEvent({
  type: 'PersonSettingsChanged',
  category: 'person',
  meaning: 'A person changed their settings for all tenants.',
  words: ({ timeZone, singleKeys }) =>
    `time zone ${timeZone ?? 'of the tenant or the installation'}, single keys ${singleKeys ? 'on' : 'off'}`,
  importance: 'minor',
  data: z.strictObject({
    /** IANA name; null for the zone of the tenant or the installation. */
    timeZone: z.string().max(60).nullable(),
    /** Whether single keys are shortcuts on pages (WCAG 2.1.4). */
    singleKeys: z.boolean(),
  }),
});

/** A person's settings for all tenants; the streams belong to no tenant. */
export const personEntity = defineEntity({
  category: 'person',
  streams: '<person>',
  events: [PersonSettingsChanged],
});

/** The name of a person's stream. */
export const personStream = (personId: string): string => personEntity.stream(personId);
