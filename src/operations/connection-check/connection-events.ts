import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';

export const ROLES_MAX = 200;

/** The sign-in of a connection worked; it stands in the check's stream. */
export const ConnectionChecked = defineEvent({
  type: 'ConnectionChecked',
  category: 'operation',
  meaning: 'The sign-in of a connection worked; which permissions its token has.',
  words: ({ roles }) => (roles === null ? '' : roles.join(', ')),
  data: z.strictObject({
    /** Of the credential that was checked; null for one without an id. */
    credentialId: z.guid().nullable(),
    /** The application permissions that the token has, sorted; null where the token doesn't say. */
    roles: z.array(z.string().max(120)).max(ROLES_MAX).nullable(),
    /** Where an administrator of the directory consents to the app; null without an app. */
    consentAddress: z.string().max(700).nullable(),
  }),
});
