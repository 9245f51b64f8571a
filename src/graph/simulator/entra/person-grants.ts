import type { Chance, Clock } from '../../../clock.js';
import type { EntraAccount } from './entra-directories.js';
import { type TokenRefusal, tokenRefusal } from './token-refusal.js';

/** What a person has allowed an app by signing in. */
export interface PersonGrant {
  readonly account: EntraAccount;
  readonly clientId: string;
  /** As the app asked for them. */
  readonly scopes: readonly string[];
  readonly nonce: string | null;
}

/** A grant that waits for its code to be redeemed. */
export interface CodeGrant extends PersonGrant {
  readonly redirectUri: string;
  readonly codeChallenge: CodeChallenge | null;
}

export interface CodeChallenge {
  readonly method: 'S256' | 'plain';
  readonly value: string;
}

/** The codes and refresh tokens that were given out. */
export interface PersonGrants {
  /** A code that redeems the grant once, within ten minutes. */
  issueCode(grant: CodeGrant): string;
  redeem(code: string): CodeGrant | TokenRefusal;
  issueRefreshToken(grant: PersonGrant): string;
  /** The grant of a refresh token. A token stays valid after it was used, as Entra's do. */
  refreshed(token: string): PersonGrant | TokenRefusal;
  /** Refuses all codes and refresh tokens that a person's sign-ins have led to so far. */
  revoke(objectId: string): void;
}

const CODE_LIFE_MS = 10 * 60_000;
/** Most codes, and most refresh tokens, that are known at the same time; the oldest are forgotten. */
const HELD_MAX = 10_000;

interface Held<Grant> {
  readonly grant: Grant;
  readonly endsAtMs: number;
  state: 'good' | 'redeemed' | 'revoked';
}

export function createPersonGrants({
  clock,
  chance,
}: {
  readonly clock: Clock;
  readonly chance: Chance;
}): PersonGrants {
  const codes = new Map<string, Held<CodeGrant>>();
  const refreshTokens = new Map<string, Held<PersonGrant>>();

  function hold<Grant>(all: Map<string, Held<Grant>>, grant: Grant, lifeMs: number): string {
    const [oldest] = all.keys();
    if (all.size >= HELD_MAX && oldest !== undefined) all.delete(oldest);
    const secret = `${chance.uuid()}${chance.uuid()}`.replaceAll('-', '');
    all.set(secret, { grant, endsAtMs: clock.monotonicMs() + lifeMs, state: 'good' });
    return secret;
  }

  return {
    issueCode: (grant) => hold(codes, grant, CODE_LIFE_MS),
    redeem(code) {
      const held = codes.get(code);
      if (!held) return tokenRefusal(70000);
      if (held.state === 'revoked') return tokenRefusal(50173);
      if (held.state === 'redeemed') return tokenRefusal(54005);
      if (clock.monotonicMs() >= held.endsAtMs) return tokenRefusal(70008);
      held.state = 'redeemed';
      return held.grant;
    },
    issueRefreshToken: (grant) => hold(refreshTokens, grant, Number.POSITIVE_INFINITY),
    refreshed(token) {
      const held = refreshTokens.get(token);
      if (!held) return tokenRefusal(70000);
      return held.state === 'revoked' ? tokenRefusal(50173) : held.grant;
    },
    revoke(objectId) {
      for (const held of [...codes.values(), ...refreshTokens.values()])
        if (held.grant.account.person.objectId === objectId) held.state = 'revoked';
    },
  };
}
