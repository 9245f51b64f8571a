import { decodeJwt } from 'jose';
import type { SignInParts, Step, Visit } from './sign-in-step.js';

/**
 * `GET /{audience}/oauth2/v2.0/logout` (OpenID Connect RP-Initiated Logout): signs out the account of
 * `id_token_hint`, or every account of the browser, and leads back to the app if the address is one of the app's own.
 */
export function signOutStep(
  { directories, sessions }: SignInParts,
  audience: string,
  query: URLSearchParams,
  { sessionId }: Visit,
): Step {
  const hint = hintOf(query.get('id_token_hint'));
  sessions.remove(sessionId, hint.objectId);
  const app = directories.appAt(audience, query.get('client_id') ?? hint.clientId ?? '');
  const to = query.get('post_logout_redirect_uri');
  if (to === null || !app?.redirectUris.includes(to)) return { kind: 'done', title: 'You signed out' };
  const back = new URL(to);
  const state = query.get('state');
  if (state !== null) back.searchParams.set('state', state);
  return { kind: 'back', to: back };
}

/** Who a hint is about. It isn't verified, because it only says whom to sign out of this browser. */
function hintOf(idToken: string | null): {
  readonly objectId: string | undefined;
  readonly clientId: string | undefined;
} {
  try {
    const { oid, aud } = decodeJwt(idToken ?? '');
    return {
      objectId: typeof oid === 'string' ? oid : undefined,
      clientId: typeof aud === 'string' ? aud : undefined,
    };
  } catch {
    return { objectId: undefined, clientId: undefined };
  }
}
