import { isBenignValue } from './benign.js';
import { isPasswordLike } from './beside-names.js';
import { matchesOf } from './matches-of.js';
import type { Span } from './span.js';

/** A line of a list of accounts: a user, a colon and a password without a blank between. */
const ACCOUNT = /(?<=^|\n)[ \t]{0,40}(?:- )?["']?[\w.@-]{1,64}:([^\s:"'][^\s"']{2,256})["']?[ \t]*(?=\n|$)/dg;
const LIST_REACH = 4096;

/**
 * Lines in which a password has its place: pppd's secrets (user, server, password, addresses), Postfix' map of
 * passwords (`[host]:port user:password`), and the settings of curl and of proxies
 * (`user = "name:password"`, `stats auth name:password`).
 */
const LINES = [
  /(?<=^|\n)[ \t]{0,8}(?:"[^"\n]{1,64}"|[\w.@\\-]{1,64})[ \t]{1,20}(?:\*|"[^"\n]{1,64}"|[\w.-]{1,64})[ \t]{1,20}["']?([^\s"']{3,128})["']?[ \t]{1,20}(?:\*|(?:\d{1,3}\.){3}\d{1,3})[ \t]*(?=\n|$)/dg,
  /\[[\w.-]{1,128}\]:\d{2,5}[ \t]{1,20}[^\s:]{1,128}:([^\s:"']{3,256})/dg,
  /\b(?:(?:proxy-)?user(?:name)?|login|(?:stats[ \t]+)?auth)[ \t]{0,4}[=: ][ \t]{0,4}["']?[A-Za-z_][^\s:"'/]{0,63}:(?=[^\s:"'/]{0,128}\d)(?=[^\s:"'/]{0,128}[A-Za-z])([^\s:"',;/]{6,128})(?=["']?(?:[\s,;]|$))/dgi,
];

/** Finds passwords of lists of accounts, as `chpasswd` and programs for mail and dial-up read them. */
export function findInPasswordLists(text: string, add: (span: Span) => void): void {
  for (const pattern of LINES)
    for (const match of matchesOf(text, pattern)) addPassword(match, 0, isPasswordLike, add);
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
