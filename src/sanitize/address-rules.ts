import { matchesOf } from './matches-of.js';
import type { Span } from './span.js';

/** An address with a scheme, up to a blank or a quote. */
const ADDRESS = /(?<![A-Za-z0-9+.-])([a-z][a-z0-9+.-]{1,30}):(?:\/\/|\\\/\\\/)([^\s"'<>`]+)/gi;

/** The query of an address or a path with at least one value. It includes quoted OData literals. */
const QUERY = /(?<=[\w/)*}\]%-])\?(?=[\w$%.~[\]-]{1,80}=)(?:[^\s"'<>`]|'[^'\s]{0,200}')+/g;

/** `user:password@host` and `user:password@tcp(host)` without a scheme. */
const BARE_CREDENTIALS =
  /(?<![\w:/.@-])[\w.-]{1,64}:([^\s:@/"'<>,;]{1,128})@(?=tcp\(|(?!odata\.)[a-z][\w.-]*(?:[:/\s"']|$)|\d{1,3}(?:\.\d{1,3}){3})/gi;

/** The path of a link that is sent to one person, up to its code: `/reset/…`, `/invitations/…`. */
const ONE_TIME_LINK =
  /^([^?#]{1,200}\/(?:(?:password-?)?reset(?:-password)?|invit(?:e|ation)s?|verif(?:y|ication)|confirm(?:ation)?|activat(?:e|ion)|magic(?:-link)?|unsubscribe|join|recover(?:y)?|one-?time)\/)([\w.~-]{16,256})/i;

/** Finds credentials, queries and parameters in fragments of addresses. Scheme, host and path are kept. */
export function findInAddresses(text: string, add: (span: Span) => void): void {
  if (text.includes(':')) findInWholeAddresses(text, add);
  if (text.includes('?')) findQueries(text, add);
  if (!text.includes('@')) return;
  for (const match of matchesOf(text, BARE_CREDENTIALS)) {
    const end = match.index + match[0].length - 1;
    add({ start: match.index, end, rule: 'url-credentials' });
  }
}

function findInWholeAddresses(text: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, ADDRESS)) {
    const scheme = (match[1] as string).toLowerCase();
    const rest = match[2] as string;
    const at = match.index + match[0].length - rest.length;
    const credentials = credentialsLength(scheme, rest);
    if (credentials > 0) add({ start: at, end: at + credentials, rule: 'url-credentials' });
    findParameters(rest.slice(credentials), at + credentials, add);
    const [, path = '', code = ''] = ONE_TIME_LINK.exec(rest) ?? [];
    if (/\d/.test(code)) add({ start: at + path.length, end: at + path.length + code.length, rule: 'token' });
  }
}

function findQueries(text: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, QUERY)) {
    const end = match.index + match[0].length - trailing(match[0]);
    if (!/^\uE000+$/.test(text.slice(match.index + 1, end)))
      add({ start: match.index + 1, end, rule: 'query' });
  }
}

function trailing(address: string): number {
  let end = address.length;
  while (end > 0 && ').,;:!?]}'.includes(address.charAt(end - 1))) end--;
  return address.length - end;
}

/**
 * The number of characters of `rest` that are user and password. With a scheme other than HTTP's, a password may
 * contain slashes, so they end at the last @. With HTTP's they end before the path, unless the text before the path
 * can't be a host and port.
 */
function credentialsLength(scheme: string, rest: string): number {
  const last = rest.lastIndexOf('@');
  if (last < 0) return 0;
  const isWeb = /^(?:https?|wss?|file)$/.test(scheme);
  const authorityEnd = rest.search(/[/?#]/);
  if (authorityEnd < 0 || last < authorityEnd) return last;
  const inAuthority = rest.lastIndexOf('@', authorityEnd);
  const startsLikeCredentials = /^[^/?#:@]*:(?!\d{1,5}(?:[/?#]|$))/.test(rest);
  if (isWeb && !startsLikeCredentials) return Math.max(0, inAuthority);
  if (!isWeb && !startsLikeCredentials && inAuthority <= 0) return 0;
  if (inAuthority > 0) return inAuthority;
  const question = rest.indexOf('?');
  const beforeQuery = rest.lastIndexOf('@', question < 0 ? rest.length : question);
  const candidate = beforeQuery > 0 ? beforeQuery : last;
  return Math.max(candidate, 0);
}

function findParameters(rest: string, at: number, add: (span: Span) => void): void {
  const end = rest.length - trailing(rest);
  const hash = rest.indexOf('#');
  const question = rest.indexOf('?');
  if (question >= 0 && (hash < 0 || question < hash)) {
    const stop = hash < 0 ? end : Math.min(hash, end);
    if (stop > question + 1 && !/^\uE000+$/.test(rest.slice(question + 1, stop)))
      add({ start: at + question + 1, end: at + stop, rule: 'query' });
  }
  if (hash >= 0 && end > hash + 1 && /[=&]/.test(rest.slice(hash, end)))
    add({ start: at + hash + 1, end: at + end, rule: 'fragment' });
}
