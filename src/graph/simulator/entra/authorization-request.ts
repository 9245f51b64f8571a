import { CLOUDS } from '../../tokens/clouds.js';
import type { EntraDirectories } from './entra-directories.js';
import type { EntraApp } from './entra-setup.js';
import type { CodeChallenge } from './person-grants.js';
import { signInRefusalText, type TokenRefusal, tokenRefusal } from './token-refusal.js';

/** An app's request to sign somebody in. */
export interface AuthorizationRequest {
  /** The directory that the address names, or `common` or `organizations`. */
  readonly audience: string;
  readonly app: EntraApp;
  readonly redirectUri: string;
  readonly responseMode: 'query' | 'fragment';
  readonly state: string | null;
  readonly nonce: string | null;
  /** As asked for. */
  readonly scopes: readonly string[];
  readonly prompt: Prompt | null;
  readonly loginHint: string | null;
  readonly domainHint: string | null;
  readonly codeChallenge: CodeChallenge | null;
}

const PROMPTS = ['none', 'login', 'select_account', 'consent'] as const;
type Prompt = (typeof PROMPTS)[number];

const OIDC_SCOPES = new Set(['openid', 'profile', 'email', 'offline_access']);
const GRAPH_PREFIXES = [...Object.values(CLOUDS).map(({ graph }) => `${graph}/`)];
const PERMISSION = /^[A-Za-z]+(\.[A-Za-z]+)+$/;

/** A scope without Graph's address. */
export const permissionOf = (scope: string): string => {
  const prefix = GRAPH_PREFIXES.find((address) => scope.startsWith(address)) ?? '';
  return scope.slice(prefix.length);
};

/** Whether a scope is a permission of Microsoft Graph, not one of OpenID Connect. */
export const isGraphScope = (scope: string): boolean => !OIDC_SCOPES.has(scope);

/** Whether only an administrator can grant a delegated permission. */
export const needsAdministrator = (scope: string): boolean =>
  scope.endsWith('.All') && permissionOf(scope) !== 'User.ReadBasic.All';

/** The request, or where its refusal goes: to the app, or to Entra's own page as long as the app is in doubt. */
export type AuthorizationOutcome =
  | { readonly kind: 'request'; readonly request: AuthorizationRequest }
  | { readonly kind: 'refused'; readonly refusal: TokenRefusal }
  | { readonly kind: 'back'; readonly to: URL };

/** Reads the parameters of `GET /{audience}/oauth2/v2.0/authorize`. */
export function readAuthorizationRequest(
  directories: EntraDirectories,
  audience: string,
  query: URLSearchParams,
): AuthorizationOutcome {
  const refused = (aadsts: number) => ({ kind: 'refused', refusal: tokenRefusal(aadsts) }) as const;
  if (!directories.isAudience(audience)) return refused(90002);
  const app = directories.appAt(audience, query.get('client_id') ?? '');
  if (!app) return refused(700016);
  const redirectUri = query.get('redirect_uri') ?? app.redirectUris[0] ?? '';
  if (!app.redirectUris.includes(redirectUri)) return refused(50011);
  const scopes = (query.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  const prompt = PROMPTS.find((name) => name === query.get('prompt')) ?? null;
  const challenge = query.get('code_challenge');
  const method = query.get('code_challenge_method') ?? 'plain';
  const request: AuthorizationRequest = {
    audience,
    app,
    redirectUri,
    scopes,
    prompt,
    responseMode: query.get('response_mode') === 'fragment' ? 'fragment' : 'query',
    state: query.get('state'),
    nonce: query.get('nonce'),
    loginHint: query.get('login_hint'),
    domainHint: query.get('domain_hint'),
    codeChallenge:
      challenge === null ? null : { method: method === 'S256' ? 'S256' : 'plain', value: challenge },
  };
  const wrong = refusalOfParameters(request, query, method);
  return wrong === undefined ? { kind: 'request', request } : { kind: 'back', to: backWith(request, wrong) };
}

function refusalOfParameters(
  { scopes, prompt }: AuthorizationRequest,
  query: URLSearchParams,
  challengeMethod: string,
): TokenRefusal | undefined {
  if (query.get('response_type') === null || scopes.length === 0) return tokenRefusal(900144);
  if (query.get('response_type') !== 'code') return tokenRefusal(700054);
  if (query.get('prompt') !== null && prompt === null) return tokenRefusal(90023);
  if (!['query', 'fragment'].includes(query.get('response_mode') ?? 'query')) return tokenRefusal(90023);
  if (!['S256', 'plain'].includes(challengeMethod)) return tokenRefusal(90023);
  const unknown = scopes.filter(isGraphScope).some((scope) => !PERMISSION.test(permissionOf(scope)));
  return unknown ? tokenRefusal(650053) : undefined;
}

/** The app's address with an answer. */
export function backTo(
  { redirectUri, responseMode, state }: Pick<AuthorizationRequest, 'redirectUri' | 'responseMode' | 'state'>,
  answer: Readonly<Record<string, string>>,
): URL {
  const to = new URL(redirectUri);
  const parameters = { ...answer, ...(state !== null && { state }) };
  if (responseMode === 'fragment') to.hash = new URLSearchParams(parameters).toString();
  else for (const [name, value] of Object.entries(parameters)) to.searchParams.set(name, value);
  return to;
}

/** The app's address with a refusal; `error` replaces the refusal's own OAuth code. */
export const backWith = (
  request: Pick<AuthorizationRequest, 'redirectUri' | 'responseMode' | 'state'>,
  refusal: TokenRefusal,
  error = refusal.error,
): URL => backTo(request, { error, error_description: signInRefusalText(refusal) });
