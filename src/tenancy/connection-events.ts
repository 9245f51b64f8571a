import { z } from 'zod';
import { defineEvent } from '../ledger/event-registry.js';

const webAddress = z.url({ protocol: /^https?$/ }).max(500);

/** How the program signs in to a tenant's Entra directory. Nothing in it is secret. */
export const graphSignInSchema = z.strictObject({
  directoryId: z.guid(),
  clientId: z.guid(),
  cloud: z.enum(['worldwide', 'us-gov-l4', 'us-gov-dod', 'china']),
  /** Another Entra than the cloud's (a simulator), or null. */
  authority: webAddress.nullable(),
  credential: z.strictObject({
    kind: z.enum(['secret', 'certificate']),
    /** Of a certificate: SHA-1 in hex, as Entra's pages show it. */
    thumbprint: z
      .string()
      .regex(/^[0-9A-F]{40}$/)
      .nullable(),
    endsAt: z.iso.datetime({ precision: 3 }).nullable(),
  }),
});
export type GraphSignIn = z.output<typeof graphSignInSchema>;

/**
 * Where the tenant's Graph is, and how the program signs in to it (null: with a fixed token, which simulators alone
 * take). The credential itself is primary data outside the log.
 */
export const GraphConnectionSet = defineEvent({
  type: 'GraphConnectionSet',
  category: 'tenant',
  meaning: 'Where the tenant’s Graph is and how to sign in to it; its credential is outside the log.',
  words: ({ baseUrl, signIn }) =>
    signIn ? `${baseUrl}, signed in with a ${signIn.credential.kind}` : baseUrl,
  version: 2,
  data: z.strictObject({ baseUrl: webAddress, signIn: graphSignInSchema.nullable() }),
  upcasters: { 1: (data) => ({ ...(data as object), signIn: null }) },
});

/** The tenant is connected to no Graph any more; its credential has been removed. */
export const GraphConnectionRemoved = defineEvent({
  type: 'GraphConnectionRemoved',
  category: 'tenant',
  meaning: 'The tenant is connected to no Graph any more.',
  data: z.strictObject({}),
});

/** How a tenant's Graph is reached. */
export const CONNECTION_EVENTS = [GraphConnectionSet, GraphConnectionRemoved] as const;
