import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  ResponseBodyError,
  refreshTokenGrant,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import type { Clock } from '../../clock.js';
import { type PersonClaims, personClaims } from './oidc-claims.js';
import { CLOCK_TOLERANCE_SECONDS, createOidcDiscovery } from './oidc-discovery.js';
import { OidcFailure, oidcFailureOf } from './oidc-failure.js';
import type { OidcConsent, OidcFlow } from './oidc-flow.js';
import { OIDC_CALLBACK_PATH, type OidcSettings } from './oidc-settings.js';

/** A person who has signed in at the provider. */
export interface SignedIn {
  readonly claims: PersonClaims;
  /** Sent to the provider later as a hint when its session is ended. */
  readonly idToken: string;
  /** Undefined when the provider sent none. */
  readonly refreshToken: string | undefined;
  /** The token of a consent; undefined after a sign-in. */
  readonly delegated: DelegatedToken | undefined;
}

/** An access token for another service in the name of the person. */
export interface DelegatedToken {
  readonly token: string;
  readonly lifeMs: number;
}

/** The provider's functions for sign-in and sign-out. Every method rejects with OidcFailure. */
export interface OidcClient {
  /** The provider's address for a begun sign-in. */
  authorizationUrl(flow: OidcFlow): Promise<URL>;
  /**
   * Checks the provider's answer, exchanges its code and checks the ID token. `answer` is the address that the provider
   * sent the browser to.
   */
  finish(answer: URL, flow: OidcFlow): Promise<SignedIn>;
  /**
   * Asks the provider whether a sign-in is still valid, and returns the refresh token for the next time. When the
   * account or its session at the provider has ended, the kind of the OidcFailure is `ended`.
   */
  renew(refreshToken: string): Promise<string>;
  /** The address that ends the provider's own session, or undefined when the provider announces none. */
  endSessionUrl(idToken: string | undefined): Promise<URL | undefined>;
}

/** A client of the provider that the settings name. It asks the provider for nothing before it is used. */
export function createOidcClient(settings: OidcSettings, clock: Clock): OidcClient {
  const redirectUri = addressOf(settings, OIDC_CALLBACK_PATH);
  const { configuration, forget } = createOidcDiscovery(settings, clock);

  /**
   * Asks the provider's token endpoint. If what answers there speaks no OAuth, the provider's metadata is read again, and
   * its token endpoint is asked if it has moved. Otherwise the first error counts.
   */
  async function atTokenEndpoint<Tokens>(ask: (provider: Configuration) => Promise<Tokens>): Promise<Tokens> {
    const provider = await configuration();
    try {
      return await ask(provider);
    } catch (error) {
      if (error instanceof ResponseBodyError) throw error;
      forget();
      const present = await configuration().catch(() => provider);
      if (tokenEndpointOf(present) === tokenEndpointOf(provider)) throw error;
      return await ask(present);
    }
  }

  return {
    authorizationUrl: (flow) =>
      withOidcFailures(async () => {
        const provider = await configuration();
        return buildAuthorizationUrl(provider, {
          redirect_uri: redirectUri,
          scope: flow.consent ? `openid ${flow.consent.scopes}` : scopesFor(provider, settings.scopes),
          state: flow.state,
          nonce: flow.nonce,
          code_challenge: await calculatePKCECodeChallenge(flow.codeVerifier),
          code_challenge_method: 'S256',
        });
      }),

    finish: (answer, flow) =>
      withOidcFailures(async () => {
        const { provider, tokens } = await atTokenEndpoint(async (provider) => ({
          provider,
          tokens: await authorizationCodeGrant(provider, answer, {
            expectedState: flow.state,
            expectedNonce: flow.nonce,
            pkceCodeVerifier: flow.codeVerifier,
          }),
        }));
        const idClaims = tokens.claims();
        // With a nonce expected, the library refuses answers without an ID token.
        if (!idClaims || !tokens.id_token) throw new TypeError('the provider sent no ID token');
        // The library checks the other times of the token.
        if (idClaims.iat > clock.now() / 1000 + CLOCK_TOLERANCE_SECONDS)
          throw new OidcFailure('clocks_apart', 'iat');
        const claims = personClaims(idClaims);
        const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken } = tokens;
        if (flow.consent)
          return { claims, idToken, refreshToken: undefined, delegated: delegatedOf(tokens, flow.consent) };
        if (claims.displayName !== null || !provider.serverMetadata().userinfo_endpoint)
          return { claims, idToken, refreshToken, delegated: undefined };
        // Many providers send names only here. The ID token has already settled who the person is.
        const more = await fetchUserInfo(provider, accessToken, claims.subject);
        const named = { ...personClaims({ ...idClaims, ...more }), issuer: claims.issuer };
        return { claims: named, idToken, refreshToken, delegated: undefined };
      }),

    renew: (refreshToken) =>
      withOidcFailures(async () => {
        const renewal = atTokenEndpoint((provider) => refreshTokenGrant(provider, refreshToken));
        const tokens = await renewal.catch((error: unknown) => {
          throw hasEnded(error) ? new OidcFailure('ended', error.error, { cause: error }) : error;
        });
        // A provider that doesn't rotate refresh tokens sends none; the present one stays valid.
        return tokens.refresh_token ?? refreshToken;
      }),

    endSessionUrl: (idToken) =>
      withOidcFailures(async () => {
        const provider = await configuration();
        if (!provider.serverMetadata().end_session_endpoint) return undefined;
        return buildEndSessionUrl(provider, {
          post_logout_redirect_uri: addressOf(settings, '/signin'),
          ...(idToken ? { id_token_hint: idToken } : {}),
        });
      }),
  };
}

const tokenEndpointOf = (provider: Configuration): string | undefined =>
  provider.serverMetadata().token_endpoint;

/** The address of a path of this site as browsers see it. */
const addressOf = ({ publicOrigin, basePath = '' }: OidcSettings, path: string): string =>
  new URL(`${basePath}${path}`, publicOrigin).href;

/** How long a token is used when the provider doesn't say when it expires. */
const TOKEN_LIFE_DEFAULT_MS = 5 * 60_000;

/** The token of a consent. Errors: OidcFailure `declined` when the provider granted fewer scopes than were asked for. */
function delegatedOf(
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
  { scopes }: OidcConsent,
): DelegatedToken {
  // A provider that says nothing about scopes has granted those that were asked for (RFC 6749, 5.1).
  const granted = tokens.scope?.split(' ') ?? scopes.split(' ');
  const isGranted = (scope: string) => granted.some((name) => name === scope || scope.endsWith(`/${name}`));
  if (!scopes.split(' ').every(isGranted)) throw new OidcFailure('declined', 'scope_not_granted');
  const lifeSeconds = tokens.expiresIn();
  return {
    token: tokens.access_token,
    lifeMs: lifeSeconds === undefined ? TOKEN_LIFE_DEFAULT_MS : lifeSeconds * 1000,
  };
}

/** With this scope providers give a refresh token; those that don't announce it may refuse a request that names it. */
const OFFLINE = 'offline_access';

function scopesFor(provider: Configuration, scopes: string): string {
  const offered = provider.serverMetadata().scopes_supported?.includes(OFFLINE) ?? false;
  return offered && !scopes.split(' ').includes(OFFLINE) ? `${scopes} ${OFFLINE}` : scopes;
}

/**
 * The errors of a token endpoint that only a new sign-in can cure (RFC 6749, 5.2; OpenID Connect Core, 3.1.2.6). Entra
 * answers `invalid_grant` for accounts that were disabled or whose sessions were revoked.
 */
const ENDED = new Set(['invalid_grant', 'login_required', 'interaction_required', 'consent_required']);

const hasEnded = (error: unknown): error is ResponseBodyError =>
  error instanceof ResponseBodyError && ENDED.has(error.error);

async function withOidcFailures<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw oidcFailureOf(error);
  }
}
