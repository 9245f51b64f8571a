import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Random bytes of a token's secret. */
const secretBytes = 32;
const FORM = /^opsledger_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/**
 * A token in full, as its owner gets it once: a prefix that secret scanners can know, the token's id, and 256
 * random bits. The id is found by an index; the secret is only ever compared, in constant time.
 */
export const newApiToken = (tokenId: string): string =>
  `opsledger_${tokenId.replaceAll('-', '')}_${randomBytes(secretBytes).toString('base64url')}`;

/** The id in a token, as a UUID, or undefined for a text that is no token. */
export function tokenIdIn(token: string): string | undefined {
  const hex = FORM.exec(token)?.[1];
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** SHA-256 in hex: what is stored of a token. Its bits are random, so no slow hash is needed. */
export const hashApiToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whether a token is the one of which a hash was stored; takes the same time either way. */
export const isTokenOf = (token: string, storedHash: string): boolean => {
  const expected = Buffer.from(storedHash, 'hex');
  const given = createHash('sha256').update(token).digest();
  return expected.length === given.length && timingSafeEqual(given, expected);
};
