import { z } from 'zod';
import { defineEntity } from '../ledger/define-entity.js';
import { defineEvent } from '../ledger/event-registry.js';

/** What a person set for themselves in every tenant: all of it, so that the newest event says how it stands. */
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

/** What a person set for themselves in every tenant alike; its streams belong to no tenant. */
export const personEntity = defineEntity({
  category: 'person',
  streams: '<person>',
  events: [PersonSettingsChanged],
});

export const personStream = (personId: string): string => personEntity.stream(personId);
