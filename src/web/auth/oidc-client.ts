import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
} from 'openid-client';
import type { Clock } from '../../clock.js';
import { type PersonClaims, personClaims } from './oidc-claims.js';
import { oidcFailureOf } from './oidc-failure.js';
import type { OidcFlow } from './oidc-flow.js';
import { OIDC_CALLBACK_PATH, type OidcSettings } from './oidc-settings.js';

/** Somebody whom the provider vouches for. */
export interface SignedIn {
  readonly claims: PersonClaims;
  /** Hint for ending the provider's session later. */
  readonly idToken: string;
}

/** The provider, as sign-in and sign-out need it. Every method rejects with OidcFailure. */
export interface OidcClient {
  /** Where a begun sign-in goes on. */
  authorizationUrl(flow: OidcFlow): Promise<URL>;
  /** Checks the provider's answer, trades its code and checks the ID token. `answer` is the address it came to. */
  finish(answer: URL, flow: OidcFlow): Promise<SignedIn>;
  /** Where the provider's own session is ended; undefined where it announces no such place. */
  endSessionUrl(idToken: string | undefined): Promise<URL | undefined>;
}

/** Longest wait for one answer of the provider. */
const providerTimeoutSeconds = 5;
/** The provider's own description is read again after this, so that a move of its addresses is noticed. */
const metadataAgeMaxMs = 60 * 60_000;

/**
 * A client that finds out about its provider when it is first needed, and again after a failure: a provider that
 * is away neither keeps the program from starting nor has to be waited for.
 */
export function createOidcClient(settings: OidcSettings, clock: Clock): OidcClient {
  const redirectUri = addressOf(settings, OIDC_CALLBACK_PATH);
  let known: { readonly at: number; readonly configuration: Promise<Configuration> } | undefined;

  function configuration(): Promise<Configuration> {
    const now = clock.monotonicMs();
    if (known && now - known.at < metadataAgeMaxMs) return known.configuration;
    const found = discover(settings);
    const finding = { at: now, configuration: found };
    known = finding;
    found.catch(() => {
      if (known === finding) known = undefined;
    });
    return found;
  }

  return {
    authorizationUrl: (flow) =>
      failingClearly(async () =>
        buildAuthorizationUrl(await configuration(), {
          redirect_uri: redirectUri,
          scope: settings.scopes,
          state: flow.state,
          nonce: flow.nonce,
          code_challenge: await calculatePKCECodeChallenge(flow.codeVerifier),
          code_challenge_method: 'S256',
        }),
      ),

    finish: (answer, flow) =>
      failingClearly(async () => {
        const provider = await configuration();
        const tokens = await authorizationCodeGrant(provider, answer, {
          expectedState: flow.state,
          expectedNonce: flow.nonce,
          pkceCodeVerifier: flow.codeVerifier,
        }).catch((error: unknown) => {
          // Its token endpoint may have moved; the next one who signs in reads where it is now.
          known = undefined;
          throw error;
        });
        const idClaims = tokens.claims();
        // With a nonce expected, the library refuses answers without an ID token.
        if (!idClaims || !tokens.id_token) throw new TypeError('the provider sent no ID token');
        const claims = personClaims(idClaims);
        const { id_token: idToken, access_token: accessToken } = tokens;
        if (claims.displayName !== null || !provider.serverMetadata().userinfo_endpoint)
          return { claims, idToken };
        // Many providers tell names only here. Who somebody is, is settled already by the ID token.
        const more = await fetchUserInfo(provider, accessToken, claims.subject);
        return { claims: { ...personClaims({ ...idClaims, ...more }), issuer: claims.issuer }, idToken };
      }),

    endSessionUrl: (idToken) =>
      failingClearly(async () => {
        const provider = await configuration();
        if (!provider.serverMetadata().end_session_endpoint) return undefined;
        return buildEndSessionUrl(provider, {
          post_logout_redirect_uri: addressOf(settings, '/signin'),
          ...(idToken ? { id_token_hint: idToken } : {}),
        });
      }),
  };
}

/** An address of this site as people's browsers reach it. */
const addressOf = ({ publicOrigin, basePath = '' }: OidcSettings, path: string): string =>
  new URL(`${basePath}${path}`, publicOrigin).href;

function discover(settings: OidcSettings): Promise<Configuration> {
  const { clientAuth, clientId, clientSecret } = settings;
  const issuer = new URL(settings.issuer);
  const authenticate = clientAuth === 'client_secret_post' ? ClientSecretPost : ClientSecretBasic;
  return discovery(issuer, clientId, {}, clientSecret === undefined ? None() : authenticate(clientSecret), {
    timeout: providerTimeoutSeconds,
    // The ID token's signature is checked against the provider's keys, which are read anew for an unknown key id.
    // The settings allow plain HTTP on loopback only.
    execute: [enableNonRepudiationChecks, ...(issuer.protocol === 'http:' ? [allowInsecureRequests] : [])],
  });
}

async function failingClearly<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw oidcFailureOf(error);
  }
}
