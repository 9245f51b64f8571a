import { Signer } from '@fastify/cookie';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { z } from 'zod';

/** How long somebody may stay at the provider before the sign-in must be begun again. */
export const FLOW_LIFETIME_MS = 10 * 60_000;
/** How long Back to the provider's answer leads to the page that the sign-in led to. */
export const FINISHED_LIFETIME_MS = 60 * 60_000;

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

/** What stays of a sign-in that has ended, so that Back and reload at the provider's answer lead on to the same page. */
export interface FinishedFlow {
  /** Path of this site that the sign-in led to. */
  readonly ledTo: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

const finishedSchema = z.strictObject({ ledTo: z.string(), endedAt: z.number() });

/** Begins a sign-in, or a consent of somebody who is signed in, with new secrets. */
export const beginFlow = (next: string, now: number, consent?: OidcConsent): OidcFlow => ({
  state: randomState(),
  nonce: randomNonce(),
  codeVerifier: randomPKCECodeVerifier(),
  next,
  begunAt: now,
  ...(consent && { consent }),
});

/** Turns sign-ins into signed cookies and back, so that any web process can finish what another one began. */
export interface FlowSigner {
  sign(flow: OidcFlow | FinishedFlow): string;
  /** The begun sign-in of a cookie. Undefined for a cookie that this installation didn't sign or that has expired. */
  verify(cookie: string | undefined, now: number): OidcFlow | undefined;
  /** The finished sign-in of a cookie. Undefined as for `verify`, but after `FINISHED_LIFETIME_MS`. */
  verifyFinished(cookie: string | undefined, now: number): FinishedFlow | undefined;
}

/** Signs with a key of 32 bytes that all web processes share. */
export function createFlowSigner(key: Buffer): FlowSigner {
  const signer = new Signer(key);
  // Another version of the program may have signed a sign-in with other fields.
  function read<Flow>(schema: z.ZodType<Flow>, cookie: string | undefined): Flow | undefined {
    if (cookie === undefined) return undefined;
    const { valid, value } = signer.unsign(cookie);
    if (!valid) return undefined;
    return schema.safeParse(JSON.parse(Buffer.from(value, 'base64url').toString('utf8'))).data;
  }
  return {
    sign: (flow) => signer.sign(Buffer.from(JSON.stringify(flow)).toString('base64url')),
    verify(cookie, now) {
      const flow = read<OidcFlow>(flowSchema, cookie);
      return flow && isYoung(now - flow.begunAt, FLOW_LIFETIME_MS) ? flow : undefined;
    },
    verifyFinished(cookie, now) {
      const flow = read<FinishedFlow>(finishedSchema, cookie);
      return flow && isYoung(now - flow.endedAt, FINISHED_LIFETIME_MS) ? flow : undefined;
    },
  };
}

const isYoung = (ageMs: number, lifetimeMs: number): boolean => ageMs >= 0 && ageMs < lifetimeMs;
