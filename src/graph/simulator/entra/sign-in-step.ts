import {
  type AuthorizationRequest,
  backTo,
  backWith,
  isGraphScope,
  needsAdministrator,
  permissionOf,
} from './authorization-request.js';
import type { BrowserSessions } from './browser-sessions.js';
import { type EntraAccount, type EntraDirectories, mayUse } from './entra-directories.js';
import type { EntraApp } from './entra-setup.js';
import type { PersonGrants } from './person-grants.js';
import { type TokenRefusal, tokenRefusal } from './token-refusal.js';

/** What a browser sent: its session, and the form of a page if it answers one. */
export interface Visit {
  readonly sessionId: string | undefined;
  readonly form: URLSearchParams | null;
}

/** What a browser gets: a page, or the way back to the app. `sessionId` is set when the session is new. */
export type Step = { readonly sessionId?: string } & (
  | { readonly kind: 'back'; readonly to: URL }
  | { readonly kind: 'refused'; readonly refusal: TokenRefusal }
  | { readonly kind: 'done'; readonly title: string }
  | {
      readonly kind: 'choose';
      readonly app: EntraApp;
      readonly accounts: readonly EntraAccount[];
      /** An account's name that the app already knows. */
      readonly hint: string;
      readonly refusal: TokenRefusal | null;
    }
  | {
      readonly kind: 'consent';
      readonly app: EntraApp;
      readonly account: EntraAccount;
      readonly permissions: readonly string[];
      /** `person`, `administrator` who may grant it to everybody, or `missing` where only one could. */
      readonly by: 'person' | 'administrator' | 'missing';
    }
);

export interface SignInParts {
  readonly directories: EntraDirectories;
  readonly sessions: BrowserSessions;
  readonly grants: PersonGrants;
}

/** The next step of a sign-in: who is it, what may the app do, and back to the app with a code. */
export function nextSignInStep(parts: SignInParts, request: AuthorizationRequest, visit: Visit): Step {
  const { form, sessionId } = visit;
  const signedIn = parts.sessions.accounts(sessionId);
  const entered = form?.get('account') ?? null;
  if (entered !== null) {
    const account = findAccount(parts, entered);
    const refusal = account ? refusalOfAccount(parts, request, account) : tokenRefusal(50034);
    if (refusal || !account) return choose(parts, request, refusal ?? null);
    const session = parts.sessions.add(sessionId, account);
    return { ...consentStep(parts, request, account, null), sessionId: session };
  }
  // A page of consent names the account that answers it.
  const decider = form && signedIn.find(({ person }) => person.objectId === form.get('as'));
  if (decider) return consentStep(parts, request, decider, form.get('decision'));
  const mayEnter = signedIn.filter((account) => isEligible(parts, request, account));
  const only = mayEnter.length === 1 ? mayEnter[0] : undefined;
  if (request.prompt === 'none') return silentStep(parts, request, only);
  const asks = request.prompt === 'login' || request.prompt === 'select_account';
  if (asks || !only) return choose(parts, request, null);
  const refusal = refusalOfAccount(parts, request, only);
  return refusal ? choose(parts, request, refusal) : consentStep(parts, request, only, null);
}

/** A sign-in that may show no page: it succeeds or goes back to the app with an error. */
function silentStep(
  parts: SignInParts,
  request: AuthorizationRequest,
  account: EntraAccount | undefined,
): Step {
  if (!account) return { kind: 'back', to: backWith(request, tokenRefusal(50058)) };
  const refusal = refusalOfAccount(parts, request, account);
  if (refusal) return { kind: 'back', to: backWith(request, refusal, 'interaction_required') };
  return consentStep(parts, request, account, null);
}

/** The account with this name in any directory, whatever its case. */
export const findAccount = ({ directories }: Pick<SignInParts, 'directories'>, name: string) =>
  directories
    .accountsOf('common')
    .find(({ person }) => person.account.toLowerCase() === name.trim().toLowerCase());

function choose(
  { directories }: SignInParts,
  { app, audience, domainHint, loginHint }: AuthorizationRequest,
  refusal: TokenRefusal | null,
): Step {
  const accounts = directories
    .accountsOf(audience)
    .filter(({ person }) => domainHint === null || person.account.endsWith(`@${domainHint}`));
  return { kind: 'choose', app, accounts, hint: loginHint ?? '', refusal };
}

/** Whether somebody who is signed in may be the one whom the app asks for. */
function isEligible(
  { directories }: SignInParts,
  { audience, loginHint, domainHint }: AuthorizationRequest,
  { person }: EntraAccount,
): boolean {
  return (
    mayUse(directories, audience, person) &&
    (loginHint === null || person.account.toLowerCase() === loginHint.toLowerCase()) &&
    (domainHint === null || person.account.endsWith(`@${domainHint}`))
  );
}

/** Why an account can't sign in to the app, if it can't. */
function refusalOfAccount(
  { directories }: SignInParts,
  { audience, app }: AuthorizationRequest,
  { directory, person }: EntraAccount,
): TokenRefusal | undefined {
  if (directories.isDisabled(person.objectId)) return tokenRefusal(50057);
  if (!mayUse(directories, audience, person)) return tokenRefusal(50020);
  if (person.refusedWith !== undefined) return tokenRefusal(person.refusedWith);
  const isKnown = directories.appIn(directory.directoryId, app.clientId) !== undefined || app.multiTenant;
  return isKnown ? undefined : tokenRefusal(700016);
}

function consentStep(
  parts: SignInParts,
  request: AuthorizationRequest,
  account: EntraAccount,
  decision: string | null,
): Step {
  const { scopes, prompt } = request;
  const { directory, person } = account;
  const app = parts.directories.appIn(directory.directoryId, request.app.clientId) ?? request.app;
  const needed = prompt === 'consent' ? scopes : parts.directories.missing(account, app, scopes);
  if (decision === 'decline') return { kind: 'back', to: backWith(request, tokenRefusal(65004)) };
  const isMissing = needed.filter(isGraphScope).some(needsAdministrator) && !person.administrator;
  if (decision !== null && !isMissing)
    parts.directories.consent(account, app, scopes, decision === 'accept_for_all' && person.administrator);
  else if (needed.length > 0) {
    if (prompt === 'none')
      return { kind: 'back', to: backWith(request, tokenRefusal(65001), 'interaction_required') };
    const mayConsent = person.administrator ? 'administrator' : 'person';
    const by = isMissing ? 'missing' : mayConsent;
    return { kind: 'consent', app, account, permissions: needed.map(permissionOf), by };
  }
  const { redirectUri, codeChallenge, nonce } = request;
  const code = parts.grants.issueCode({
    account,
    scopes,
    nonce,
    redirectUri,
    codeChallenge,
    clientId: app.clientId,
  });
  return { kind: 'back', to: backTo(request, { code }) };
}
