import { z } from 'zod';
import { defineEvent } from '../ledger/event-registry.js';

const webAddress = z.url({ protocol: /^https?$/ }).max(500);

/** Whether a credential may be sent to an address: it is https, or of this machine. */
export function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return (
    protocol === 'https:' || (protocol === 'http:' && /^(127\.[\d.]+|localhost|\[::1\])$/.test(hostname))
  );
}

/** How the program signs in to a tenant's Entra directory. Nothing in it is secret. */
export const graphSignInSchema = z.strictObject({
  directoryId: z.guid(),
  clientId: z.guid(),
  cloud: z.enum(['worldwide', 'us-gov-l4', 'us-gov-dod', 'china']),
  /** Address of a simulator in place of the cloud's Entra, or null. */
  authority: webAddress.nullable(),
  credential: z.strictObject({
    /** Id of the sealed credential; null for credentials that were stored when a tenant could have only one. */
    id: z.guid().nullable(),
    kind: z.enum(['secret', 'certificate']),
    /** Thumbprint of a certificate: SHA-1 in hex, as Entra's pages show it. */
    thumbprint: z
      .string()
      .regex(/^[0-9A-F]{40}$/)
      .nullable(),
    endsAt: z.iso.datetime({ precision: 3 }).nullable(),
    /** How assertions are signed with a certificate's key; null for a secret. */
    assertionAlgorithm: z.enum(['PS256', 'RS256']).nullable(),
  }),
});
export type GraphSignIn = z.output<typeof graphSignInSchema>;

/** The address of a tenant's Graph, and how the program signs in to it. */
export const connectionSchema = z.strictObject({
  baseUrl: webAddress,
  signIn: graphSignInSchema.nullable(),
});
export type GraphConnection = z.output<typeof connectionSchema>;

/**
 * The address of the tenant's Graph, and how the program signs in (null: with a fixed token, which only simulators
 * accept). The credential itself is primary data outside the log.
 */
export const GraphConnectionSet = defineEvent({
  type: 'GraphConnectionSet',
  category: 'tenant',
  meaning: 'Where the tenant’s Graph is and how to sign in to it; its credential is outside the log.',
  words: ({ baseUrl, signIn }) =>
    signIn ? `${baseUrl}, signed in with a ${signIn.credential.kind}` : baseUrl,
  version: 4,
  data: connectionSchema,
  upcasters: {
    1: (data) => ({ ...(data as object), signIn: null }),
    2: withCredentialId,
    3: withAssertionAlgorithm,
  },
});

/** Upcasts from version 2, in which a tenant had only one credential, without an id. */
function withCredentialId(data: unknown): unknown {
  const { signIn, ...rest } = data as { readonly signIn: { readonly credential: object } | null };
  return { ...rest, signIn: signIn && { ...signIn, credential: { id: null, ...signIn.credential } } };
}

/** Upcasts from version 3, in which all assertions were signed by PS256. */
function withAssertionAlgorithm(data: unknown): unknown {
  const { signIn, ...rest } = data as {
    readonly signIn: { readonly credential: { readonly kind: string } } | null;
  };
  if (!signIn) return { ...rest, signIn };
  const assertionAlgorithm = signIn.credential.kind === 'certificate' ? 'PS256' : null;
  return { ...rest, signIn: { ...signIn, credential: { ...signIn.credential, assertionAlgorithm } } };
}

/** The tenant is no longer connected to Graph; its credential has been removed. */
export const GraphConnectionRemoved = defineEvent({
  type: 'GraphConnectionRemoved',
  category: 'tenant',
  meaning: 'The tenant is connected to no Graph any more.',
  data: z.strictObject({}),
});

/** The events of a tenant's connection to Graph. */
export const CONNECTION_EVENTS = [GraphConnectionSet, GraphConnectionRemoved] as const;
