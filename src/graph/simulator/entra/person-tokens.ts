import { createHash } from 'node:crypto';
import { isGraphScope, permissionOf } from './authorization-request.js';
import { GRAPH_AUDIENCES, refusalOfProof } from './client-proof.js';
import { type EntraAccount, type EntraDirectories, mayUse } from './entra-directories.js';
import type { EntraApp } from './entra-setup.js';
import type { CodeGrant, PersonGrant, PersonGrants } from './person-grants.js';
import { type TokenRefusal, tokenRefusal } from './token-refusal.js';

/** The form that an app posts to the token endpoint. */
export interface TokenForm {
  /** The directory that the address names, or `common` or `organizations`. */
  readonly directoryId: string;
  /** The address of the request, which a signed assertion must name as its audience. */
  readonly endpoint: string;
  readonly field: (name: string) => string | null;
}

/** A grant that was redeemed, with the scopes that its tokens are for. */
export interface RedeemedGrant extends PersonGrant {
  readonly app: EntraApp;
}

/** Redeems a code or a refresh token of a person. */
export async function redeemGrant(
  { directories, grants }: { readonly directories: EntraDirectories; readonly grants: PersonGrants },
  form: TokenForm,
  now: number,
): Promise<RedeemedGrant | TokenRefusal> {
  const { directoryId: audience, field } = form;
  if (!directories.isAudience(audience)) return tokenRefusal(90002);
  const app = directories.appAt(audience, field('client_id') ?? '');
  if (!app) return tokenRefusal(700016);
  const refused = await refusalOfClient(app, form, now);
  if (refused) return refused;
  const found =
    field('grant_type') === 'refresh_token' ? refreshedGrant(grants, form) : codeGrant(grants, form);
  if ('aadsts' in found) return found;
  const { account, clientId } = found;
  if (clientId !== app.clientId || !mayUse(directories, audience, account.person)) return tokenRefusal(70000);
  if (directories.isDisabled(account.person.objectId)) return tokenRefusal(50057);
  const asked = (field('scope') ?? '').split(' ').filter((scope) => scope !== '');
  const scopes = field('grant_type') === 'refresh_token' && asked.length > 0 ? asked : found.scopes;
  const inDirectory = directories.appIn(account.directory.directoryId, clientId) ?? app;
  if (directories.missing(account, inDirectory, scopes).length > 0) return tokenRefusal(65001);
  return { ...found, app, scopes };
}

/** A public client has neither secrets nor certificates and must send none. */
async function refusalOfClient(
  app: EntraApp,
  form: TokenForm,
  now: number,
): Promise<TokenRefusal | undefined> {
  const proves = form.field('client_secret') !== null || form.field('client_assertion') !== null;
  if (app.secrets.length + app.certificates.length === 0) return proves ? tokenRefusal(700025) : undefined;
  return proves ? refusalOfProof(app, form, now) : tokenRefusal(7000218);
}

function refreshedGrant(grants: PersonGrants, { field }: TokenForm): PersonGrant | TokenRefusal {
  const token = field('refresh_token');
  return token === null ? tokenRefusal(900144) : grants.refreshed(token);
}

function codeGrant(grants: PersonGrants, { field }: TokenForm): CodeGrant | TokenRefusal {
  const code = field('code');
  if (code === null) return tokenRefusal(900144);
  const grant = grants.redeem(code);
  if ('aadsts' in grant) return grant;
  if (field('redirect_uri') !== grant.redirectUri) return tokenRefusal(500112);
  if (grant.codeChallenge === null) return grant;
  const verifier = field('code_verifier') ?? '';
  const { method, value } = grant.codeChallenge;
  const proof = method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');
  return proof === value ? grant : tokenRefusal(501481);
}

/** The claims of the ID token of a grant. */
export function idTokenClaims({ account, clientId, scopes, nonce }: PersonGrant) {
  return {
    ...personClaims(account, clientId, scopes.includes('profile')),
    ...(scopes.includes('email') && { email: account.person.account }),
    ...(nonce !== null && { nonce }),
    ver: '2.0',
  };
}

/** The claims of the token for Graph of a grant. */
export function accessTokenClaims({ account, clientId, scopes }: PersonGrant) {
  const permissions = scopes.filter((scope) => scope !== 'offline_access').map(permissionOf);
  return { ...personClaims(account, clientId, true), appid: clientId, scp: permissions.join(' ') };
}

/** The service that a grant's access token is for; without a service's permission it is Graph's userinfo. */
export const audienceOf = ({ scopes }: PersonGrant): string => {
  const asked = scopes.filter(isGraphScope)[0] ?? '';
  return GRAPH_AUDIENCES.find((address) => asked.startsWith(address)) ?? GRAPH_AUDIENCES[0] ?? '';
};

/** The subject of an account for an app; Entra gives each app another one. */
export const pairwiseSubject = (clientId: string, objectId: string): string =>
  createHash('sha256').update(`${clientId} ${objectId}`).digest('base64url');

const personClaims = ({ directory, person }: EntraAccount, clientId: string, withProfile: boolean) => ({
  tid: directory.directoryId,
  sub: pairwiseSubject(clientId, person.objectId),
  ...(withProfile && { oid: person.objectId, name: person.name, preferred_username: person.account }),
});
