import { exportJWK, generateKeyPair, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Chance, Clock } from '../../../clock.js';

/** Signs and verifies the simulated Entra's tokens with keys that can be rolled over. */
export interface TokenSigning {
  sign(
    claims: JWTPayload,
    meant: { readonly issuer: string; readonly audience: string; readonly lifeSeconds: number },
  ): Promise<string>;
  /** The claims of a token that was signed here. Errors: those of jose, such as `ERR_JWT_EXPIRED`. */
  verify(token: string, audiences: readonly string[]): Promise<JWTPayload>;
  /** The published keys, newest first. */
  keys(): Promise<readonly JWK[]>;
  /** Signs with a new key from now on; tokens signed with the previous key stay valid. */
  rollKey(): Promise<void>;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** Most keys that are published at the same time. */
const KEYS_MAX = 3;

export function createTokenSigning({
  clock,
  chance,
}: {
  readonly clock: Clock;
  readonly chance: Chance;
}): TokenSigning {
  let signing: Promise<readonly SigningKey[]> = newKey(chance).then((key) => [key]);
  return {
    async sign(claims, { issuer, audience, lifeSeconds }) {
      const [key] = await signing;
      if (!key) throw new Error('no signing key');
      const issuedAt = Math.floor(clock.now() / 1000);
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + lifeSeconds)
        .sign(key.privateKey);
    },
    async verify(token, audiences) {
      const keys = await signing;
      const { payload } = await jwtVerify(
        token,
        ({ kid }) =>
          keys.find((key) => key.kid === kid)?.publicKey ?? Promise.reject(new Error('unknown key')),
        { currentDate: new Date(clock.now()), audience: [...audiences] },
      );
      return payload;
    },
    async keys() {
      const published = (await signing).map(async ({ kid, publicKey }) => ({
        ...(await exportJWK(publicKey)),
        kid,
        use: 'sig',
        alg: 'RS256',
      }));
      return Promise.all(published);
    },
    async rollKey() {
      const before = await signing;
      signing = newKey(chance).then((key) => [key, ...before].slice(0, KEYS_MAX));
      await signing;
    },
  };
}

async function newKey(chance: Chance): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { kid: chance.uuid(), privateKey, publicKey };
}
