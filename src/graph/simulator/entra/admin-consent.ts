import { backTo, backWith, needsAdministrator } from './authorization-request.js';
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
  if (!accounts.some(({ person }) => person === account.person)) return choose(50020);
  if (directories.isDisabled(account.person.objectId)) return choose(50057);
  if (account.person.refusedWith !== undefined) return choose(account.person.refusedWith);
  if (!account.person.administrator) return choose(90094);
  const session = entered === null ? {} : { sessionId: sessions.add(sessionId, account) };
  const decision = form?.get('decision') ?? null;
  const { directoryId } = account.directory;
  if (decision === null)
    return { ...session, kind: 'consent', app, account, permissions: app.roles, by: 'administrator' };
  if (decision !== 'decline') {
    directories.consentToApp(directoryId, app);
    directories.consent(account, app, (query.get('scope') ?? '').split(' ').filter(needsAdministrator), true);
  }
  if (redirectUri === undefined)
    return { kind: 'done', title: decision === 'decline' ? 'Nothing was granted' : 'Granted' };
  const back = { redirectUri, responseMode: 'query', state: query.get('state') } as const;
  const to =
    decision === 'decline'
      ? backWith(back, tokenRefusal(65004))
      : backTo(back, { admin_consent: 'True', tenant: directoryId });
  return { kind: 'back', to };
}
