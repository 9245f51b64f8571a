import { isBenignValue } from './benign.js';
import { hasPasswordForm, isPasswordLike } from './beside-names.js';
import { matchesOf } from './matches-of.js';
import type { Span } from './span.js';

/** A line of a list of accounts: a user, a colon and a password without a blank between. */
const ACCOUNT = /(?<=^|\n)[ \t]{0,40}(?:- )?["']?[\w.@-]{1,64}:([^\s:"'][^\s"']{2,256})["']?[ \t]*(?=\n|$)/dg;
const LIST_REACH = 4096;

/**
 * Lines in which a password has its place: pppd's secrets (user, server, password, addresses), Postfix' map of
 * passwords (`[host]:port user:password`), the settings of curl and of proxies
 * (`user = "name:password"`, `stats auth name:password`), and a strong password right after the name of an account
 * (`CORP\svc Aa1!…`).
 */
const LINES: ReadonlyArray<readonly [hint: RegExp, pattern: RegExp]> = [
  [
    /[*\d][ \t]{0,20}(?:\n|$)/,
    /(?<=^|\n)[ \t]{0,8}(?:"[^"\n]{1,64}"|[\w.@\\-]{1,64})[ \t]{1,20}(?:\*|"[^"\n]{1,64}"|[\w.-]{1,64})[ \t]{1,20}["']?([^\s"']{3,128})["']?[ \t]{1,20}(?:\*|(?:\d{1,3}\.){3}\d{1,3})[ \t]*(?=\n|$)/dg,
  ],
  [/\]:\d/, /\[[\w.-]{1,128}\]:\d{2,5}[ \t]{1,20}[^\s:]{1,128}:([^\s:"']{3,256})/dg],
  [
    /user|login|auth/i,
    /\b(?:(?:proxy-)?user(?:name)?|login|(?:stats[ \t]+)?auth|addauth[ \t]+digest)[ \t]{0,4}[=: ][ \t]{0,4}["']?[A-Za-z_][^\s:"'/@]{0,63}:(?=[^\s:"'/]{0,128}\d)(?=[^\s:"'/]{0,128}[A-Za-z])([^\s:"',;/]{6,128})(?=["']?(?:[\s,;]|$))/dgi,
  ],
  [/\[admins\]/, /\[admins\][ \t]*\n[ \t]*[\w.-]{1,64}[ \t]*=[ \t]*([^\s"']{3,256})/dg],
  [
    /admin|root|guest|service|operator|apc/i,
    /(?<![\w/.:@\\-])(?:admin(?:istrator)?|root|guest|service|operator|apc)[ \t]?[/:][ \t]?["']?([^\s"'/:;,()]{6,64})(?=["']?(?:[\s,;)]|$))/dgi,
  ],
  [
    /[@\\]/,
    /(?:(?<![\w\\])[A-Z][A-Z\d-]{1,15}\\[\w.-]{1,64}|[\w.+-]{1,64}@[\w.-]{1,80}\w)[ \t]{1,2}(?:(?:used|tried|with|typed|entered)[ \t])?["'`]?(?=[^\s]{0,64}[A-Z])(?=[^\s]{0,64}[a-z])(?=[^\s]{0,64}\d)(?=[^\s]{0,64}[!#$%^&*])([^\s"'`./\\=:,;()<>]{8,64})(?=["'`]?(?:[\s,;.)]|$))/dg,
  ],
  [
    /\blogin\s/i,
    /\blogin[ \t](?:as[ \t])?(?:admin(?:istrator)?|root|guest|operator)[ \t]+["']?([^\s"'/:;,()=]{6,64})(?=["']?(?:[\s,;)]|$))/dgi,
  ],
];

/** A user and a password joined by a slash or a colon, without a path or an address around. */
const PAIR =
  /(?<![\w/.:@\\-])["']?[A-Za-z][\w.-]{0,40}[/:](?=[^\s"'/:;,()=@]{0,64}\d)([^\s"'/:;,()=@]{6,64})(?=["')]?(?:[\s,;.]|$))/dg;
/** Words of signing in, on the line of a pair. */
const SIGNING_IN =
  /\b(?:auth\w*|log(?:in|on)|log(?:ged)? in|sign(?:ed)?[ -]?in|sasl|bind|credentials?|creds?|hash(?:es)? cracked|cracked|accounts?|password\w*|user(?:name)?|anmeld\w*|kennwort|passwort)\b/i;

function findPairs(text: string, add: (span: Span) => void): void {
  if (!/[A-Za-z0-9_.-][/:](?=\S{0,64}\d)/.test(text) || !SIGNING_IN.test(text)) return;
  for (const match of matchesOf(text, PAIR)) {
    const lineStart = Math.max(text.lastIndexOf('\n', match.index) + 1, match.index - LINE_REACH);
    const lineEnd = text.slice(match.index, match.index + LINE_REACH).split('\n', 1)[0] as string;
    if (SIGNING_IN.test(text.slice(lineStart, match.index) + lineEnd.slice(match[0].length)))
      addPassword(match, 0, hasPasswordForm, add);
  }
}

const LINE_REACH = 160;

/** Finds passwords of lists of accounts, as `chpasswd` and programs for mail and dial-up read them. */
export function findInPasswordLists(text: string, add: (span: Span) => void): void {
  for (const [hint, pattern] of LINES) {
    if (!hint.test(text)) continue;
    for (const match of matchesOf(text, pattern)) addPassword(match, 0, isPasswordLike, add);
  }
  findPairs(text, add);
  for (let at = text.indexOf('chpasswd'); at >= 0; at = text.indexOf('chpasswd', at + LIST_REACH)) {
    const list = text.slice(at, at + LIST_REACH);
    for (const match of matchesOf(list, ACCOUNT))
      addPassword(match, at, (value) => !isBenignValue(value), add);
  }
}

function addPassword(
  match: RegExpExecArray,
  offset: number,
  isPassword: (value: string) => boolean,
  add: (span: Span) => void,
): void {
  const [start, end] = match.indices?.[1] ?? [0, 0];
  const value = match[1] as string;
  if (end > start && !value.includes('\uE000') && isPassword(value))
    add({ start: offset + start, end: offset + end, rule: 'password' });
}
