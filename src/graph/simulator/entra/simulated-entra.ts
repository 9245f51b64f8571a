import { exportJWK, generateKeyPair, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Chance, Clock } from '../../../clock.js';
import { GRAPH_AUDIENCES, refusalOfApp, refusalOfProof } from './client-proof.js';
import type { EntraSetup } from './entra-setup.js';
import type { TokenRefusal } from './token-refusal.js';

export interface TokenForm {
  readonly directoryId: string;
  /** The address of the request, which a signed assertion must name as its audience. */
  readonly endpoint: string;
  readonly field: (name: string) => string | null;
}

export interface SimulatedEntra {
  /** Answers `POST /{directory}/oauth2/v2.0/token` with a token or a refusal. */
  token(form: TokenForm): Promise<IssuedToken | TokenRefusal>;
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
  knows(directoryId: string): boolean;
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

export interface IssuedToken {
  readonly token: string;
  readonly lifeSeconds: number;
}

export type TokenVerdict = 'sound' | 'wrong' | 'ended' | 'revoked' | 'of another tenant';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const DEFAULT_AUDIENCE = GRAPH_AUDIENCES[0] ?? '';
/** Most keys that are published at the same time. */
const KEYS_MAX = 3;

/**
 * Simulates Entra for apps that sign in without a person: issues and signs their tokens, lets them expire and
 * revokes them.
 */
export function createSimulatedEntra(
  setup: EntraSetup,
  { clock, chance }: { readonly clock: Clock; readonly chance: Chance },
): SimulatedEntra {
  const revokedIds = new Set<string>();
  const issuedIds = new Map<string, string[]>();
  let signing: Promise<readonly SigningKey[]> = newKey(chance).then((key) => [key]);
  const directoryOf = (id: string) =>
    setup.directories.find(({ directoryId }) => directoryId.toLowerCase() === id.toLowerCase());
  const seconds = () => Math.floor(clock.now() / 1000);

  async function token(form: TokenForm): Promise<IssuedToken | TokenRefusal> {
    const directory = directoryOf(form.directoryId);
    const app = directory?.apps.find(({ clientId }) => clientId === form.field('client_id')?.toLowerCase());
    const refused =
      refusalOfApp(directory, app, form) ?? (app && (await refusalOfProof(app, form, clock.now())));
    if (refused || !directory || !app)
      return refused ?? { status: 400, error: 'invalid_request', aadsts: 900144 };
    const audience = form.field('scope')?.replace(/\/\.default$/, '') ?? DEFAULT_AUDIENCE;
    const signed = await issue(directory.directoryId, audience, { appid: app.clientId, roles: app.roles });
    return { token: signed, lifeSeconds: setup.tokenLifeSeconds };
  }

  async function issue(directoryId: string, audience: string, claims: JWTPayload): Promise<string> {
    const id = chance.uuid();
    issuedIds.set(directoryId, [...(issuedIds.get(directoryId) ?? []), id]);
    const [key] = await signing;
    if (!key) throw new Error('no signing key');
    const issuedAt = seconds();
    return new SignJWT({ ...claims, tid: directoryId, uti: id })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
      .setIssuer(`https://sts.windows.net/${directoryId}/`)
      .setAudience(audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + setup.tokenLifeSeconds)
      .sign(key.privateKey);
  }

  return {
    token,
    tokenOfPerson: ({ directoryId, clientId, objectId, scopes }) =>
      issue(directoryId, DEFAULT_AUDIENCE, { appid: clientId, oid: objectId, scp: scopes.join(' ') }),
    async verdict(text, tenant) {
      const keys = await signing;
      const currentDate = new Date(clock.now());
      try {
        const { payload } = await jwtVerify(
          text,
          ({ kid }) =>
            keys.find((key) => key.kid === kid)?.publicKey ?? Promise.reject(new Error('unknown key')),
          { currentDate, audience: [...GRAPH_AUDIENCES] },
        );
        if (revokedIds.has(String(payload.uti))) return 'revoked';
        return directoryOf(String(payload.tid))?.tenant === tenant ? 'sound' : 'of another tenant';
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === 'ERR_JWT_EXPIRED'
          ? 'ended'
          : 'wrong';
      }
    },
    async keys() {
      const published = (await signing).map(async ({ kid, publicKey }) => ({
        ...(await exportJWK(publicKey)),
        ...{ kid, use: 'sig', alg: 'RS256' },
      }));
      return Promise.all(published);
    },
    async rollKey() {
      const before = await signing;
      signing = newKey(chance).then((key) => [key, ...before].slice(0, KEYS_MAX));
      await signing;
    },
    revoke(directoryId) {
      for (const id of issuedIds.get(directoryId) ?? []) revokedIds.add(id);
    },
    knows: (directoryId) => directoryOf(directoryId) !== undefined,
  };
}

async function newKey(chance: Chance): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { kid: chance.uuid(), privateKey, publicKey };
}
