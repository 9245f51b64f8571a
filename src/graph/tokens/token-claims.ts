/** Microsoft Graph's app id, which is an audience in every cloud besides Graph's address. */
const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

/**
 * Claims of an access token. They aren't verified, because Graph does that; this program only makes sure that the
 * token isn't sent to another service.
 */
export interface TokenClaims {
  /** The directory it was issued for (`tid`), or null. */
  readonly directoryId: string | null;
  /** The client id of the app it was issued to, or null. */
  readonly appId: string | null;
  /** Application permissions, such as `DeviceManagementConfiguration.Read.All`. */
  readonly roles: readonly string[];
  /** Delegated permissions of a person's token (`scp`); empty for an app's own token. */
  readonly scopes: readonly string[];
  isForGraph(graphAddress: string): boolean;
}

/** The claims of a JWT, or null for any other text. */
export function tokenClaims(token: string): TokenClaims | null {
  const payload = jsonOf(token.split('.')[1] ?? '');
  if (payload === null) return null;
  const { tid, aud, appid, roles, scp } = payload;
  return {
    directoryId: typeof tid === 'string' ? tid : null,
    appId: typeof appid === 'string' ? appid : null,
    roles: Array.isArray(roles) ? roles.filter((role): role is string => typeof role === 'string') : [],
    scopes: typeof scp === 'string' ? scp.split(' ').filter((scope) => scope !== '') : [],
    isForGraph: (address) =>
      typeof aud === 'string' && (aud === GRAPH_APP_ID || aud.replace(/\/+$/, '') === address),
  };
}

function jsonOf(
  base64url: string,
): Readonly<Partial<Record<'tid' | 'aud' | 'appid' | 'roles' | 'scp', unknown>>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
    return value !== null && typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
