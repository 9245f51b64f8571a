import { matchesOf } from './matches-of.js';
import type { Span } from './span.js';

const LOCAL_PART = /[\p{L}\p{N}._%+#'/=?^{|}~&*-]/u;
const DOMAIN = /[\p{L}\p{N}.-]/u;
const LOCAL_MAX = 64;
const DOMAIN_MAX = 253;
const ADDRESS_REACH = 200;

/** An address with a spelled-out sign: `name [at] example.com`. */
const SPELLED_OUT =
  /(?<![\w.])[\w.+-]{2,64}\s?[[({]\s?at\s?[\])}]\s?[\w-]{2,63}(?:\s?(?:\.|[[({]\s?dot\s?[\])}])\s?[a-z]{2,24}){1,4}/gi;

/** Groups of four digits, as printed on cards. */
const CARD = /(?<![\w-])\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?![\w-])/g;

/** Names of SSH's algorithms: `hmac-sha2-512-etm@openssh.com`. */
const ALGORITHM = /^[\w-]*(?:sha\d|etm|poly1305|gcm|25519|umac|zlib|cert-v\d\d|hostkeys)[\w-]*$/i;

/** Finds e-mail addresses, user principal names and card numbers. */
export function findPersonal(text: string, add: (span: Span) => void): void {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const span = addressAround(text, at);
    if (span) add(span);
  }
  findCards(text, add);
  if (!/[[({]\s?at/i.test(text)) return;
  for (const match of matchesOf(text, SPELLED_OUT))
    add({ start: match.index, end: match.index + match[0].length, rule: 'email' });
}

function findCards(text: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, CARD)) {
    if (passesLuhn(match[0].replace(/\D/g, '')))
      add({ start: match.index, end: match.index + match[0].length, rule: 'card-number' });
  }
}

function addressAround(text: string, at: number): Span | undefined {
  let end = at + 1;
  while (end < text.length && end - at <= DOMAIN_MAX && DOMAIN.test(text.charAt(end))) end++;
  while (end > at && /[.-]/.test(text.charAt(end - 1))) end--;
  const domain = text.slice(at + 1, end);
  // OData annotations look like addresses: settings@odata.context.
  if (!/\.(?:xn--[a-z0-9-]+|\p{L}{2,})$/u.test(domain) || /^odata\./i.test(domain)) return undefined;
  let start = at;
  while (start > 0 && at - start < LOCAL_MAX && LOCAL_PART.test(text.charAt(start - 1))) start--;
  // A guest's principal name contains a second @: name_home.com#EXT#@tenant.example.
  const local = text.slice(start, at);
  start += (/^(?:.*[=?&/|{}])?['.*^~-]*/.exec(local)?.[0] ?? '').length;
  if (start === at || text.slice(start, at) === 'git') return undefined;
  if (/^(?:openssh\.com|libssh\.org)$/i.test(domain) && ALGORITHM.test(text.slice(start, at)))
    return undefined;
  // The user part of an address is no mailbox; `address-rules.ts` handles it.
  if (/:\/\/[^\s/?#]*$/.test(text.slice(Math.max(0, at - ADDRESS_REACH), at))) return undefined;
  return { start, end, rule: 'email' };
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
