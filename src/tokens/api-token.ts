import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Random bytes of a token's secret. */
const SECRET_BYTES = 32;
const FORM = /^opsledger_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/**
 * A complete token, which is shown to its owner once: a prefix that secret scanners can recognise, the token's id,
 * and 256 random bits. The row is found by the id; the secret is compared in constant time.
 */
export const newApiToken = (tokenId: string): string =>
  `opsledger_${tokenId.replaceAll('-', '')}_${randomBytes(SECRET_BYTES).toString('base64url')}`;

/** The id in a token, as a UUID, or undefined for any other text. */
export function tokenIdIn(token: string): string | undefined {
  const hex = FORM.exec(token)?.[1];
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The stored hash of a token: SHA-256 in hex. A slow hash isn't needed, because the secret has 256 random bits. */
export const hashApiToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whether a token has the stored hash; compares in constant time. */
export const isTokenOf = (token: string, storedHash: string): boolean => {
  const expected = Buffer.from(storedHash, 'hex');
  const given = createHash('sha256').update(token).digest();
  return expected.length === given.length && timingSafeEqual(given, expected);
};
