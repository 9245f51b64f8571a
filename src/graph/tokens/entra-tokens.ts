import * as oauth from 'openid-client';
import type { Clock } from '../../clock.js';
import { GraphError } from '../client/graph-error.js';
import { askedWaitMs } from '../client/retry-after.js';
import type { TokenRequest, TokenSource } from '../client/token-source.js';
import { noAnswer } from '../connection-trouble.js';
import { certificateFacts } from './certificate.js';
import { CLOUDS } from './clouds.js';
import {
  ASSERTION_ALGORITHMS,
  type AssertionAlgorithm,
  authorityOf,
  type EntraConnection,
  type EntraCredential,
  tokenEndpointOf,
} from './entra-connection.js';
import { aadstsOf, signInRefusal, TRANSIENT_AADSTS } from './sign-in-refusals.js';
import { tokenClaims } from './token-claims.js';

export interface EntraTokensOptions {
  readonly connection: EntraConnection;
  /** Called at each renewal, so that a new credential is used as soon as it is stored; undefined if there is none. */
  readonly credential: () => Promise<EntraCredential | undefined>;
  readonly clock: Clock;
  /** Used for requests to Entra; it may go through a proxy. */
  readonly fetch?: typeof fetch;
}

/** A token is renewed this long before it expires, or in the last fifth of its lifetime if that is shorter. */
const RENEW_BEFORE_MS = 5 * 60_000;
const RENEW_BEFORE_SHARE = 0.2;
/** Lifetime of a token when Entra doesn't state it, seconds. */
const LIFE_DEFAULT_SECONDS = 3600;
const REQUEST_TIMEOUT_SECONDS = 30;
const ASSERTION_LIFE_SECONDS = 5 * 60;
const SIGN_IN = { method: 'POST', path: 'oauth2/v2.0/token' } as const;
/** Web Crypto's names; the library chooses the assertion's `alg` by them. */
const KEY_ALGORITHMS: Readonly<Record<AssertionAlgorithm, RsaHashedImportParams>> = {
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
};

interface HeldToken {
  readonly token: string;
  /** Monotonic milliseconds. */
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

/**
 * Access tokens of an app in a directory (client credentials), kept in memory. Callers that wait at the same time
 * share one request, except those whom Graph has asked for other claims. A token is renewed before it expires and after Graph refused it. Errors: GraphError with a
 * reason that a person can act on; those of reading the credential.
 */
export function createEntraTokens(options: EntraTokensOptions): TokenSource {
  const { clock } = options;
  let held: HeldToken | null = null;
  let asking: { readonly claims: string | null; readonly answer: Promise<string> } | null = null;

  /** Asks for a token, after the request that is under way. Callers with the same claims share the answer. */
  function ask(claims: string | null): Promise<string> {
    if (asking && (claims === null || asking.claims === claims)) return asking.answer;
    const before = asking?.answer ?? Promise.resolve();
    const mine = {
      claims,
      answer: before
        .catch(() => undefined)
        .then(() => renew(claims))
        .finally(() => {
          if (asking === mine) asking = null;
        }),
    };
    asking = mine;
    return mine.answer;
  }

  async function renew(claims: string | null): Promise<string> {
    const sentMs = clock.monotonicMs();
    const { token, lifeMs } = await requestToken(options, claims);
    const endsAtMs = sentMs + lifeMs;
    held = {
      token,
      endsAtMs,
      renewAtMs: endsAtMs - Math.min(RENEW_BEFORE_MS, lifeMs * RENEW_BEFORE_SHARE),
    };
    return token;
  }

  return async ({ refused, claims, signal }: TokenRequest) => {
    const usable = held !== null && held.token !== refused && claims === null ? held : null;
    const nowMs = clock.monotonicMs();
    if (usable && nowMs < usable.renewAtMs) return usable.token;
    // Another caller has already renewed the token that Graph refused.
    if (held !== null && refused !== null && held.token !== refused && nowMs < held.renewAtMs)
      return held.token;
    try {
      return await unlessAborted(ask(claims), signal);
    } catch (error) {
      if (usable && nowMs < usable.endsAtMs && !signal?.aborted) return usable.token;
      throw error;
    }
  };
}

async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (!signal) return work;
  signal.throwIfAborted();
  let leave: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

async function requestToken(
  { connection, credential, clock, fetch: outgoing }: EntraTokensOptions,
  claims: string | null,
): Promise<{ readonly token: string; readonly lifeMs: number }> {
  const found = await credential();
  if (!found) throw new GraphError({ problem: 'no_credential', ...SIGN_IN });
  const { graph } = CLOUDS[connection.cloud];
  const server = { issuer: `${authorityOf(connection)}/${connection.directoryId}/v2.0` };
  const configuration = new oauth.Configuration(
    { ...server, token_endpoint: tokenEndpointOf(connection) },
    connection.clientId,
    {},
    await proofOf(found, connection.assertionAlgorithm ?? ASSERTION_ALGORITHMS[0], clock),
  );
  configuration.timeout = REQUEST_TIMEOUT_SECONDS;
  const exchange: Exchange = { answer: null, failure: null };
  configuration[oauth.customFetch] = watched(outgoing ?? fetch, exchange);
  if (isLoopback(authorityOf(connection))) oauth.allowInsecureRequests(configuration);
  const parameters = {
    scope: `${graph}/.default`,
    ...(claims !== null && { claims: Buffer.from(claims, 'base64').toString('utf8') }),
  };
  try {
    const answer = await oauth.clientCredentialsGrant(configuration, parameters);
    assertMeantFor(connection, answer.access_token);
    const lifeSeconds = answer.expiresIn() ?? LIFE_DEFAULT_SECONDS;
    return { token: answer.access_token, lifeMs: lifeSeconds * 1000 };
  } catch (error) {
    throw error instanceof GraphError ? error : problemOf(error, exchange, clock.now());
  }
}

/** Authenticates the app by its secret, or by an assertion signed with the key of its certificate. */
async function proofOf(
  credential: EntraCredential,
  algorithm: AssertionAlgorithm,
  clock: Clock,
): Promise<oauth.ClientAuth> {
  if (credential.kind === 'secret') return oauth.ClientSecretPost(credential.secret);
  const { x5tS256 } = certificateFacts(credential);
  const der = Buffer.from(credential.privateKeyPem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const key = await crypto.subtle.importKey('pkcs8', der, KEY_ALGORITHMS[algorithm], false, ['sign']);
  return oauth.PrivateKeyJwt(key, {
    [oauth.modifyAssertion](header, payload) {
      header['x5t#S256'] = x5tS256;
      header.typ = 'JWT';
      const nowSeconds = Math.floor(clock.now() / 1000);
      Object.assign(payload, { iat: nowSeconds, nbf: nowSeconds, exp: nowSeconds + ASSERTION_LIFE_SECONDS });
    },
  });
}

/** A token of another directory or for another service must never be sent. Errors: GraphError. */
function assertMeantFor(connection: EntraConnection, token: string): void {
  const claims = tokenClaims(token);
  if (claims?.directoryId?.toLowerCase() !== connection.directoryId.toLowerCase())
    throw new GraphError({ problem: 'token_of_another_directory', ...SIGN_IN });
  if (!claims.isForGraph(CLOUDS[connection.cloud].graph))
    throw new GraphError({ problem: 'token_for_another_service', ...SIGN_IN });
}

/** What became of the request for a token; openid-client's errors don't say it whole. */
interface Exchange {
  answer: Response | null;
  /** What `fetch` threw. */
  failure: unknown;
}

function watched(outgoing: typeof fetch, exchange: Exchange): oauth.CustomFetch {
  return async (url, init) => {
    try {
      exchange.answer = await outgoing(url, init as RequestInit);
      return exchange.answer;
    } catch (error) {
      exchange.failure = error;
      throw error;
    }
  };
}

/** Translates an error of openid-client, without its texts, because they can quote the request. */
function problemOf(error: unknown, { answer, failure }: Exchange, nowMs: number): GraphError {
  if (!answer) return new GraphError({ problem: 'sign_in_unavailable', ...noAnswer(failure), ...SIGN_IN });
  const { status, headers } = answer;
  const refused = error instanceof oauth.ResponseBodyError ? error : null;
  const aadsts = refused && aadstsOf(refused.cause);
  const code = aadsts === null ? (refused?.error ?? null) : `AADSTS${aadsts}`;
  if (status >= 500 || status === 429 || (aadsts !== null && TRANSIENT_AADSTS.has(aadsts))) {
    const retryAfterMs = askedWaitMs((name) => headers.get(name), nowMs);
    return new GraphError({ problem: 'sign_in_unavailable', status, code, retryAfterMs, ...SIGN_IN });
  }
  if (!refused)
    return new GraphError({ problem: 'sign_in_unreadable', code: `status-${status}`, ...SIGN_IN });
  const refusal = signInRefusal(aadsts, refused.cause);
  return new GraphError({ problem: 'token_refused', code, refusal, ...SIGN_IN });
}

function isLoopback(address: string): boolean {
  return /^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:|\/|$)/.test(address);
}
