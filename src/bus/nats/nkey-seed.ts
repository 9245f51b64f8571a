import { nkeyAuthenticator } from 'nats';

/** A user's seed on its own line: 32 bytes in base 32 with a prefix and a checksum. */
const USER_SEED = /^\s*(SU[A-Z2-7]{56})\s*$/m;

/**
 * The seed of a NATS user in the text of an nkey file, as `nk -gen user` writes it; undefined when there is no valid
 * one.
 */
export function userSeedIn(text: string): string | undefined {
  const seed = USER_SEED.exec(text)?.[1];
  if (seed === undefined) return undefined;
  try {
    nkeyAuthenticator(new TextEncoder().encode(seed))('any nonce');
    return seed;
  } catch {
    return undefined;
  }
}
