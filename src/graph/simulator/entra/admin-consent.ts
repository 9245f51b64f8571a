import { backTo, backWith, needsAdministrator } from './authorization-request.js';
import { type EntraDirectories, mayUse } from './entra-directories.js';
import type { EntraPerson } from './entra-setup.js';
import { findAccount, type SignInParts, type Step, type Visit } from './sign-in-step.js';
import { tokenRefusal } from './token-refusal.js';

/**
 * The next step of `GET /{audience}/adminconsent`: an administrator signs in, grants the app its own permissions in
 * their directory, and is sent to the app's address with `admin_consent=True`, or with an error when they decline.
 */
export function nextAdminConsentStep(
  { directories, sessions }: SignInParts,
  audience: string,
  query: URLSearchParams,
  { sessionId, form }: Visit,
): Step {
  const refused = (aadsts: number): Step => ({ kind: 'refused', refusal: tokenRefusal(aadsts) });
  if (!directories.isAudience(audience)) return refused(90002);
  const app = directories.appAt(audience, query.get('client_id') ?? '');
  if (!app) return refused(700016);
  const redirectUri = query.get('redirect_uri') ?? app.redirectUris[0];
  if (redirectUri !== undefined && !app.redirectUris.includes(redirectUri)) return refused(50011);
  const accounts = directories.accountsOf(audience);
  const entered = form?.get('account') ?? null;
  const account =
    entered === null
      ? sessions.accounts(sessionId).find(({ person }) => person.objectId === form?.get('as'))
      : findAccount({ directories }, entered);
  const choose = (aadsts: number | null): Step => ({
    kind: 'choose',
    app,
    accounts,
    hint: '',
    refusal: aadsts === null ? null : tokenRefusal(aadsts),
  });
  if (!account) return choose(entered === null ? null : 50034);
  const refusedWith = refusalOfAdministrator(directories, audience, account.person);
  if (refusedWith !== undefined) return choose(refusedWith);
  const session = entered === null ? {} : { sessionId: sessions.add(sessionId, account) };
  const decision = form?.get('decision') ?? null;
  if (decision === null)
    return { ...session, kind: 'consent', app, account, permissions: app.roles, by: 'administrator' };
  const back = redirectUri === undefined ? null : backAddress(redirectUri, query);
  if (decision === 'decline')
    return back
      ? { kind: 'back', to: backWith(back, tokenRefusal(65004)) }
      : { kind: 'done', title: 'Nothing was granted' };
  const { directoryId } = account.directory;
  directories.consentToApp(directoryId, app);
  directories.consent(account, app, (query.get('scope') ?? '').split(' ').filter(needsAdministrator), true);
  return back
    ? { kind: 'back', to: backTo(back, { admin_consent: 'True', tenant: directoryId }) }
    : { kind: 'done', title: 'Granted' };
}

/** Entra's error number for an account that can't consent for its directory; undefined for one that can. */
function refusalOfAdministrator(
  directories: EntraDirectories,
  audience: string,
  person: EntraPerson,
): number | undefined {
  if (!mayUse(directories, audience, person)) return 50020;
  if (directories.isDisabled(person.objectId)) return 50057;
  return person.refusedWith ?? (person.administrator ? undefined : 90094);
}

const backAddress = (redirectUri: string, query: URLSearchParams) =>
  ({ redirectUri, responseMode: 'query', state: query.get('state') }) as const;
