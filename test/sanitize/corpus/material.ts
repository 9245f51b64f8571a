/** Makes secrets of the usual forms at run time, so that no file holds anything a scanner takes for a leak. */
export interface Material {
  pick(alphabet: string, length: number): string;
  b62(length: number): string;
  b64(length: number): string;
  url64(length: number): string;
  hex(length: number): string;
  digits(length: number): string;
  guid(): string;
  password(): string;
  jwt(): string;
  entraSecret(): string;
  pem(kind: string, lines: number): string;
}

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const ALPHANUMERIC = UPPER + LOWER + DIGITS;

/** A generator that gives the same secrets for the same seed (mulberry32). */
export function material(seed: number): Material {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const pick = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet.charAt(Math.floor(fraction() * alphabet.length))).join('');
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  const m: Material = {
    pick,
    b62: (length) => pick(ALPHANUMERIC, length),
    b64: (length) => pick(`${ALPHANUMERIC}+/`, length),
    url64: (length) => pick(`${ALPHANUMERIC}-_`, length),
    hex: (length) => pick('0123456789abcdef', length),
    digits: (length) => pick(DIGITS, length),
    guid: () => [8, 4, 4, 4, 12].map((length) => m.hex(length)).join('-'),
    password: () =>
      pick(UPPER, 1) + pick(LOWER, 4) + pick('!#$%*', 1) + pick(DIGITS, 3) + pick(ALPHANUMERIC, 3),
    jwt: () =>
      [
        encode(JSON.stringify({ typ: 'JWT', alg: 'RS256', kid: m.b62(12) })),
        encode(JSON.stringify({ aud: 'https://graph.microsoft.com', oid: m.guid(), exp: 1790000000 })),
        m.url64(86),
      ].join('.'),
    entraSecret: () => `${m.b62(3)}8Q~${pick(`${ALPHANUMERIC}_~.-`, 34)}`,
    pem: (kind, lines) =>
      [
        `-----BEGIN ${kind}-----`,
        ...Array.from({ length: lines }, () => m.b64(64)),
        `${m.b64(22)}==`,
        `-----END ${kind}-----`,
      ].join('\n'),
  };
  return m;
}
