import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';

export const ROLES_MAX = 200;

/** The sign-in of a connection worked. The event is in the stream of the check. */
export const ConnectionChecked = defineEvent({
  type: 'ConnectionChecked',
  category: 'operation',
  meaning: 'The sign-in of a connection worked; which permissions its token has.',
  words: ({ roles }) => (roles === null ? '' : roles.join(', ')),
  data: z.strictObject({
    /** Id of the credential that was checked, or null when it has none. */
    credentialId: z.guid().nullable(),
    /** The application permissions in the token, sorted; null when the token doesn't list them. */
    roles: z.array(z.string().max(120)).max(ROLES_MAX).nullable(),
    /** Address at which an administrator of the directory consents to the app; null without an app. */
    consentAddress: z.string().max(700).nullable(),
  }),
});
