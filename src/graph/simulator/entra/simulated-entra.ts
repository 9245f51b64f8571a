import type { JWK, JWTPayload } from 'jose';
import type { Chance, Clock } from '../../../clock.js';
import { createBrowserSessions } from './browser-sessions.js';
import { GRAPH_AUDIENCES, refusalOfApp, refusalOfProof } from './client-proof.js';
import { createEntraDirectories, type EntraAccount } from './entra-directories.js';
import type { EntraSetup } from './entra-setup.js';
import { createPersonGrants } from './person-grants.js';
import {
  accessTokenClaims,
  audienceOf,
  idTokenClaims,
  redeemGrant,
  type TokenForm,
} from './person-tokens.js';
import { findAccount, type SignInParts } from './sign-in-step.js';
import { type TokenRefusal, tokenRefusal } from './token-refusal.js';
import { createTokenSigning } from './token-signing.js';

export interface SimulatedEntra {
  /** Answers `POST /{audience}/oauth2/v2.0/token` with tokens or a refusal. */
  token(form: TokenForm): Promise<IssuedTokens | TokenRefusal>;
  /** A token with which an app acts in the name of a person. */
  tokenOfPerson(person: DelegatedClaims): Promise<string>;
  /** Whether Graph accepts a token for a tenant: `sound`, or what is wrong with it. */
  verdict(token: string, tenant: string): Promise<TokenVerdict>;
  /** The published signing keys, newest first. */
  keys(): Promise<readonly JWK[]>;
  /** Signs with a new key from now on; tokens signed with the previous key stay valid. */
  rollKey(): Promise<void>;
  /** Revokes all tokens of a directory issued so far; Graph then demands new ones by a claims challenge. */
  revoke(directoryId: string): void;
  /**
   * Ends what a person's sign-ins have led to so far: codes, refresh tokens, tokens for Graph and browser sessions.
   * With `disabled`, they can't sign in again until this is called with false. Returns false for an unknown account.
   */
  endSignIns(account: string, disabled: boolean): boolean;
  knows(audience: string): boolean;
  /** What the pages for people work with. */
  readonly signIn: SignInParts;
}

/** What the token of a person says. */
export interface DelegatedClaims {
  readonly directoryId: string;
  /** The app that acts for the person. */
  readonly clientId: string;
  /** Id of the person's account. */
  readonly objectId: string;
  /** Delegated permissions, such as `GroupMember.Read.All`. */
  readonly scopes: readonly string[];
}

export interface IssuedTokens {
  readonly token: string;
  readonly lifeSeconds: number;
  /** Set for a person's tokens. */
  readonly scope?: string;
  readonly idToken?: string;
  readonly refreshToken?: string;
}

export type TokenVerdict = 'sound' | 'wrong' | 'ended' | 'revoked' | 'of another tenant';

/** Most tokens of a directory or a person that can be revoked at once; older ones have expired long since. */
const REVOCABLE_MAX = 10_000;

/**
 * Simulates Entra: apps sign in by their own proof, people at its pages. It issues and signs tokens, lets them expire
 * and revokes them.
 */
export function createSimulatedEntra(
  setup: EntraSetup,
  { clock, chance }: { readonly clock: Clock; readonly chance: Chance },
): SimulatedEntra {
  const directories = createEntraDirectories(setup);
  const signing = createTokenSigning({ clock, chance });
  const sessions = createBrowserSessions(chance);
  const grants = createPersonGrants({ clock, chance });
  const signIn: SignInParts = { directories, sessions, grants };
  const lifeSeconds = setup.tokenLifeSeconds;
  const revokedIds = new Set<string>();
  /** The ids of issued tokens, by directory and by person. */
  const issuedIds = new Map<string, string[]>();

  function revokeIssued(to: string): void {
    for (const id of issuedIds.get(to) ?? []) revokedIds.add(id);
    issuedIds.delete(to);
  }

  async function issue(directoryId: string, audience: string, claims: JWTPayload): Promise<string> {
    const id = chance.uuid();
    for (const to of [directoryId, String(claims.oid ?? '')])
      issuedIds.set(to, [...(issuedIds.get(to) ?? []), id].slice(-REVOCABLE_MAX));
    const issuer = `https://sts.windows.net/${directoryId}/`;
    return signing.sign({ ...claims, tid: directoryId, uti: id }, { issuer, audience, lifeSeconds });
  }

  async function tokenOfApp(form: TokenForm): Promise<IssuedTokens | TokenRefusal> {
    const app = directories.appIn(form.directoryId, form.field('client_id') ?? '');
    const refused =
      refusalOfApp(directories, app, form) ?? (app && (await refusalOfProof(app, form, clock.now())));
    const directory = directories.directory(form.directoryId);
    if (refused || !directory || !app) return refused ?? tokenRefusal(900144);
    const audience = form.field('scope')?.replace(/\/\.default$/, '') ?? '';
    const claims = { appid: app.clientId, roles: app.roles };
    return { token: await issue(directory.directoryId, audience, claims), lifeSeconds };
  }

  async function tokensOfPerson(form: TokenForm): Promise<IssuedTokens | TokenRefusal> {
    const redeemed = await redeemGrant(signIn, form, clock.now());
    if ('aadsts' in redeemed) return redeemed;
    const { account, clientId, scopes } = redeemed;
    const { directoryId } = account.directory;
    const meant = { issuer: issuerAt(form.endpoint, directoryId), audience: clientId, lifeSeconds };
    return {
      token: await issue(directoryId, audienceOf(redeemed), accessTokenClaims(redeemed)),
      lifeSeconds,
      scope: scopes.join(' '),
      ...(scopes.includes('openid') && { idToken: await signing.sign(idTokenClaims(redeemed), meant) }),
      ...(scopes.includes('offline_access') && { refreshToken: grants.issueRefreshToken(redeemed) }),
    };
  }

  return {
    signIn,
    token: (form) =>
      ['authorization_code', 'refresh_token'].includes(form.field('grant_type') ?? '')
        ? tokensOfPerson(form)
        : tokenOfApp(form),
    tokenOfPerson: ({ directoryId, clientId, objectId, scopes }) =>
      issue(directoryId, GRAPH_AUDIENCES[0] ?? '', {
        appid: clientId,
        oid: objectId,
        scp: scopes.join(' '),
      }),
    async verdict(text, tenant) {
      try {
        const { uti, tid } = await signing.verify(text, GRAPH_AUDIENCES);
        if (revokedIds.has(String(uti))) return 'revoked';
        return directories.directory(String(tid))?.tenant === tenant ? 'sound' : 'of another tenant';
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === 'ERR_JWT_EXPIRED'
          ? 'ended'
          : 'wrong';
      }
    },
    keys: signing.keys,
    rollKey: signing.rollKey,
    revoke: (directoryId) => revokeIssued(directories.directory(directoryId)?.directoryId ?? ''),
    endSignIns(name, disabled) {
      const account: EntraAccount | undefined = findAccount(signIn, name);
      if (!account) return false;
      const { objectId } = account.person;
      directories.setDisabled(objectId, disabled);
      for (const end of [grants.revoke, sessions.end, revokeIssued]) end(objectId);
      return true;
    },
    knows: directories.isAudience,
  };
}

/** The issuer of a directory's ID tokens, at the address that the simulator was asked at. */
export const issuerAt = (address: string, directory: string): string =>
  new URL(`/${directory}/v2.0`, address).href;
