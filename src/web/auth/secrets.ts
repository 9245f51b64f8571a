import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;

/** A fresh secret of 256 random bits, for a cookie or a form. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** SHA-256 in hex, which is stored instead of the secret. Secrets are random, so no slow hash is needed. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Compares two secrets in constant time, whatever their lengths. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(one).digest(),
    createHash('sha256').update(other).digest(),
  );
}

/** A secret that is derived from another one and doesn't reveal it. */
export const derivedSecret = (purpose: string, secret: string): string =>
  createHash('sha256').update(`opsledger ${purpose}\n${secret}`).digest('base64url');
