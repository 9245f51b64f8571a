import { Signer } from '@fastify/cookie';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { z } from 'zod';

/** How long somebody may stay at the provider before the sign-in must be begun again. */
export const FLOW_LIFETIME_MS = 10 * 60_000;

/** A sign-in that has begun. The provider's answer is checked against it. */
export interface OidcFlow {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Path of this site to go to afterwards. */
  readonly next: string;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  /** Present when somebody who is signed in asks for a token of their own for another service. */
  readonly consent?: OidcConsent | undefined;
}

/** A request for a token with which a service is asked in the name of the person. */
export interface OidcConsent {
  /** The session that alone may have the token. */
  readonly sessionHash: string;
  /** Scopes of the service, separated by spaces. */
  readonly scopes: string;
  /** The beginning of a group's name, which is searched when the token has come; empty to search nothing. */
  readonly group: string;
}

const flowSchema = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  next: z.string(),
  begunAt: z.number(),
  consent: z.strictObject({ sessionHash: z.string(), scopes: z.string(), group: z.string() }).optional(),
});

/** Begins a sign-in, or a consent of somebody who is signed in, with new secrets. */
export const beginFlow = (next: string, now: number, consent?: OidcConsent): OidcFlow => ({
  state: randomState(),
  nonce: randomNonce(),
  codeVerifier: randomPKCECodeVerifier(),
  next,
  begunAt: now,
  ...(consent && { consent }),
});

/** Turns a begun sign-in into a signed cookie and back, so that any web process can finish it. */
export interface FlowSigner {
  sign(flow: OidcFlow): string;
  /** Undefined for a cookie that this installation didn't sign or that has expired. */
  verify(cookie: string | undefined, now: number): OidcFlow | undefined;
}

/** Signs with a key of 32 bytes that all web processes share. */
export function createFlowSigner(key: Buffer): FlowSigner {
  const signer = new Signer(key);
  return {
    sign: (flow) => signer.sign(Buffer.from(JSON.stringify(flow)).toString('base64url')),
    verify(cookie, now) {
      if (cookie === undefined) return undefined;
      const { valid, value } = signer.unsign(cookie);
      if (!valid) return undefined;
      // Another version of the program may have signed a sign-in with other fields.
      const flow = flowSchema.safeParse(JSON.parse(Buffer.from(value, 'base64url').toString('utf8'))).data;
      if (!flow) return undefined;
      const age = now - flow.begunAt;
      return age >= 0 && age < FLOW_LIFETIME_MS ? flow : undefined;
    },
  };
}
