import { isBenignValue, isSentenceWord } from './benign.js';
import { hasPasswordForm } from './beside-names.js';
import { matchesOf } from './matches-of.js';
import type { RuleName } from './rules.js';
import { secretNameRule } from './secret-names.js';
import type { Span } from './span.js';

/** The text between the name of a class and the bracket of its constructor. */
const CONSTRUCTOR = /(?:\]?::(?:new|from|create)|\.new|!)$/i;
const NAME_REACH = 120;

/**
 * Calls that take a user and then a password: the name's last word, the secret's place among the arguments, and the
 * rule.
 */
const PLACES: ReadonlyArray<readonly [RegExp, number, RuleName]> = [
  [/clientsecretcredential$/, 2, 'secret'],
  [
    /(?:network|sql|usernamepassword|username_password|ps|basicaws|aws|named?key|sharedkey|login)credentials?$/,
    1,
    'password',
  ],
  [/(?:basicauth\w{0,24}|digestauth|passwordauthentication|basic_auth|credentials\.basic)$/, 1, 'password'],
  [
    /(?:basicauthenticationheadervalue|usernamepassword|webcredentials|auth_?password|load_pkcs12|pkcs12_parse|load_key_and_certificates|createhmac|create(?:de)?cipher(?:iv)?|(?<!un)authenticate|authenticateuser|\.login|x509certificate2?)$/,
    1,
    'password',
  ],
  [/(?:paramiko|ssh|sftp)\.connect$/, 3, 'password'],
  [/(?:\.authenticate|validatecredentials|bind_s|simple_bind|\.bind)$/, 1, 'password'],
  [/(?:^|[.:])(?:login|log_in|logon|sign_?in|signinwithemailandpassword)(?:async)?$/, 1, 'password'],
  [/\bjwt\.(?:sign|verify|encode|decode)$/, 1, 'key'],
  [/\b(?:bcrypt|scrypt|argon2)\.(?:compare|hash|hashpw|checkpw)(?:sync)?$/, 0, 'password'],
  [/(?:checkpw|compare_digest|(?:^|\.)(?:aes|des3|hmac)|password_verify|password_hash)$/, 0, 'password'],
  [/hash_hmac$/, 2, 'key'],
  [/\bargon2\.verify$/, 1, 'password'],
  [/(?:pgp_sym|aes)_(?:en|de)crypt(?:_bytea)?$/, 1, 'password'],
  [
    /(?:directoryentry|(?:mysql|mariadb|psycopg2?|oracledb|pyodbc|ldap3)\.connect(?:ion)?|ldapconnection|logonuser|\.getconnection|mysqli?_connect|pg_connect|real_connect|ldap_bind|\bpdo(?:->__construct)?|\bmysqli(?:->__construct)?|\bsequelize|\.ftp)$/,
    2,
    'password',
  ],
  [
    /(?:pbekeyspec|secretkeyspec|fernet|secretstring|securestring|protectedstring|sensitivestring)$/,
    0,
    'key',
  ],
];

/** Calls whose first argument names what their second holds: `put("db.password", "…")`. */
const NAMED_SECOND =
  /(?:^|[._])(?:put|set|add|define|get|getenv|putenv|setenv|fetch|append|setitem|setproperty|setenvironmentvariable|setheader|addheader|withheader|setrequestheader|putstring|property)$/;

/** Verbs before a secret's name: `setPassword("…")`, `WithClientSecret("…")`. */
const VERB =
  /^(?:set|with|add|use|change|reset|update|verify|validate|compare|new|create|from)_?(?=[A-Z_a-z])/;

/** Calls that read a secret take its name: `getSecret("db-password")`. */
const READING =
  /^(?:get|fetch|read|find|list|has|load|show|lookup|describe|resolve|delete|remove|is)(?=[A-Z_])/;

const ARGUMENTS_REACH = 600;
const ARGUMENTS_MAX = 32;

interface Argument {
  readonly start: number;
  readonly end: number;
  readonly isLiteral: boolean;
  /** Whether a name is before it, as in `connect(host='db01')`; `key-value.ts` reads such an argument. */
  readonly isNamed: boolean;
}

/** Finds secrets that are passed to constructors and calls, in code, stack traces and transcripts. */
export function findInCalls(text: string, add: (span: Span) => void): void {
  findIdioms(text, add);
  if (!text.includes('(')) return;
  for (let open = text.indexOf('('); open >= 0; open = text.indexOf('(', open + 1)) {
    const name = nameBefore(text, open);
    if (name.length < 3) continue;
    const known = placeOf(name);
    const opens = OPENING.test(name);
    if (!known && !opens && !NAMED_SECOND.test(name.toLowerCase())) continue;
    const list = argumentsAt(text, open + 1);
    if (opens) addPasswords(text, list, add);
    const place = known ?? placeAfterName(text, list);
    if (!place || (place.at > 0 && list.length === 1)) continue;
    // A setter takes a user or the old secret as well, so that all of its quoted arguments are taken.
    const others = known?.isSetter ? list.slice(1).filter(({ isLiteral }) => isLiteral) : [];
    for (const argument of [list[Math.min(place.at, list.length - 1)], ...others]) {
      if (!argument || argument.isNamed) continue;
      const value = text.slice(argument.start, argument.end);
      if (!isBenignValue(value) && isTaken(value, argument))
        add({ start: argument.start, end: argument.end, rule: place.rule });
    }
  }
}

/** Calls that sign in or open something: any argument with the form of a password is one. */
const OPENING = /(?:auth|cred|connect|log[io]n|driver|protect|crypt|bind|object ?)\w{0,12}$/i;

function addPasswords(text: string, list: readonly Argument[], add: (span: Span) => void): void {
  for (const [index, { start, end, isNamed }] of list.entries()) {
    if (isNamed || (index === 0 && list.length > 1)) continue;
    if (hasPasswordForm(text.slice(start, end))) add({ start, end, rule: 'password' });
  }
}

/** The called name with its owners: `conn.login`, `System.Net.NetworkCredential`. */
function nameBefore(text: string, open: number): string {
  let end = text.charAt(open - 1) === ' ' ? open - 1 : open;
  const constructed = CONSTRUCTOR.exec(text.slice(Math.max(0, end - 10), end));
  if (constructed) end -= constructed[0].length;
  let start = end;
  while (start > 0 && end - start < NAME_REACH) {
    if (/[\w$.]/.test(text.charAt(start - 1))) start--;
    else if (text.startsWith('->', start - 2)) start -= 2;
    else break;
  }
  return text.slice(start, end);
}

function placeOf(name: string): { at: number; rule: RuleName; isSetter: boolean } | undefined {
  const plain = name.toLowerCase();
  const known = PLACES.find(([pattern]) => pattern.test(plain));
  if (known) return { at: known[1], rule: known[2], isSetter: false };
  const last = name.slice(name.lastIndexOf('.') + 1);
  const rule = READING.test(last) ? undefined : secretNameRule(last.replace(VERB, ''));
  return rule && { at: 0, rule, isSetter: /^(?:set|change|reset|update|auth$)/i.test(last) };
}

function placeAfterName(text: string, list: readonly Argument[]): { at: number; rule: RuleName } | undefined {
  const [first] = list;
  if (!first?.isLiteral || list.length < 2) return undefined;
  const rule = secretNameRule(text.slice(first.start, first.end));
  return rule && { at: 1, rule };
}

/** A place in code, as stack traces write it behind the name of a function: `(/app/dist/password.js:10:22)`. */
const CODE_PLACE =
  /(?:[\w)>\]]\.(?:[cm]?[jt]sx?|vue|java|kts?|scala|groovy|py|rb|go|rs|cs|fs|vb|php|swift|c|cc|cpp|h|ps1|pl|lua|exs?)|^node:[\w/]+)(?::\d+){1,2}$/i;
/** An argument in a stack trace of Go: an address in memory or a number. */
const MEMORY_ADDRESS = /^0x[0-9a-f]{1,12}\??$/;

/** Without quotes, only values that can't be a variable, a word or a place in code count as secrets. */
function isTaken(value: string, argument: Argument): boolean {
  if (argument.isLiteral) return value.length >= 3 && !/^https?:\/\/[^\s@?#]{1,256}$/.test(value);
  if (CODE_PLACE.test(value) || MEMORY_ADDRESS.test(value)) return false;
  return (
    /^[^\s()]{6,}$/.test(value) && /\d/.test(value) && /[^\w.]|\d{3}/.test(value) && !isSentenceWord(value)
  );
}

/** The name of an argument, before its value. */
const NAMED = /^\s*[A-Za-z_]\w{0,40}\s?[=:]\s?$/;

/** The arguments of a call: the content of the first quoted text in each, or the bare argument. */
function argumentsAt(text: string, from: number): readonly Argument[] {
  const reach = Math.min(text.length, from + ARGUMENTS_REACH);
  const list: Argument[] = [];
  let start = from;
  let literal: Argument | undefined;
  let depth = 0;
  let at = from;
  const push = () => {
    list.push(literal ?? trimmedArgument(text, start, at));
    literal = undefined;
    start = at + 1;
  };
  for (; at < reach && list.length < ARGUMENTS_MAX; at++) {
    const character = text.charAt(at);
    if (character === '"' || character === "'" || character === '`') {
      const end = closingQuote(text, at, reach);
      literal ??= { start: at + 1, end, isLiteral: true, isNamed: NAMED.test(text.slice(start, at)) };
      at = end;
    } else if (character === '(') depth++;
    else if (character === ')' && depth-- === 0) break;
    else if (character === ',' && depth === 0) push();
    else if (character === '\n' && depth < 0) break;
  }
  push();
  return list;
}

function closingQuote(text: string, at: number, reach: number): number {
  const quote = text.charAt(at);
  let end = at + 1;
  while (end < reach && text.charAt(end) !== quote) end += text.charAt(end) === '\\' ? 2 : 1;
  return Math.min(end, reach);
}

function trimmedArgument(text: string, from: number, to: number): Argument {
  const value = text.slice(from, to);
  const start = from + value.length - value.trimStart().length;
  return { start, end: Math.max(start, start + value.trim().length), isLiteral: false, isNamed: false };
}

const QUOTED = `(?:"([^"\\n]+)"|'([^'\\n]+)')`;

/** Forms of passing a secret that exist in one language only. The captured texts are removed. */
const IDIOMS: ReadonlyArray<readonly [RegExp, RegExp]> = [
  [/tochararray/i, /["']([^"'\n]{3,256})["']\.toCharArray\(\)/dg],
  [/appendchar/i, /\bin\s+"([^"\n]{3,256})"\)?[^\n]{0,40}AppendChar/dg],
  [
    /securestring/i,
    new RegExp(
      `\\bConvertTo-SecureString(?:\\s+-(?:AsPlainText|Force|String|SecureKey))*[\\s:]+(?:${QUOTED}|(?!\\$[a-z_]+(?:\\s|$))([^\\s"'|:)-][^\\s"'|)]*)(?=[^\\n]{0,80}-(?:AsPlainText|Force)|\\s*(?:\\n|$|\\))))`,
      'dgi',
    ),
  ],
  [/securestring/i, new RegExp(`(?:${QUOTED}|\\b([^\\s"'|]{3,}))\\s*\\|\\s*ConvertTo-SecureString`, 'dgi')],
  [
    /credential/i,
    /\b(?:network|ps)credential\b[^\n]{0,80}?-arg(?:ument)?(?:list|s)\s+(?:@?\()?\s*["'][^"'\n]{0,128}["'],\s*["']([^"'\n]{3,})["']/dgi,
  ],
  [
    /-arg/i,
    /-arg(?:ument)?(?:list|s)\s+@?\(?\s*["'][^"'\n]{1,64}["']\s?,\s?["'](?=[^"'\n]{0,64}\d)(?=[^"'\n]{0,64}[A-Za-z])([^"'\n/\\ .:=-][^"'\n/\\ .:=]{5,64})["']/dgi,
  ],
  [
    /parameterbinding/i,
    /ParameterBinding\(ConvertTo-SecureString\):\s?name="String";\s?value="([^"\n]+)"/dgi,
  ],
  [
    /credential/i,
    /\bnew-object\s[^\n]{0,40}?(?:network|ps)credential\s+["'][^"'\n]{0,128}["'],\s*["']([^"'\n]{3,})["']/dgi,
  ],
  [
    /from|btoa|b64encode|getbytes/i,
    /\b(?:Buffer\.from|btoa|b64encode|GetBytes)\(\s*b?["'`][^"'`:\n]{1,64}:([^"'`\n]{3,})["'`]/dgi,
  ],
  [/\bauth\b/i, /\bauth["']?\s?[=:]\s?\(\s*["'][^"'\n]{0,128}["'],\s*["']([^"'\n]{3,})["']/dgi],
];

const ANY_IDIOM =
  /tochararray|appendchar|securestring|credential|from\(|btoa|b64encode|getbytes|\bauth\b|-arg/i;

function findIdioms(text: string, add: (span: Span) => void): void {
  if (!ANY_IDIOM.test(text)) return;
  for (const [hint, pattern] of IDIOMS) {
    if (!hint.test(text)) continue;
    for (const match of matchesOf(text, pattern)) {
      for (const span of match.indices?.slice(1) ?? []) {
        if (span === undefined) continue;
        const [start, end] = span;
        if (!isBenignValue(text.slice(start, end))) add({ start, end, rule: 'password' });
      }
    }
  }
}

const INSERT = /\binsert\s+into\s+[^\s(]{1,120}\s*\(([^()]{1,1000})\)\s*values\s*\(/gi;
/** Procedures of SQL Server that take passwords by place. */
const PROCEDURES = [
  /\bsp_(?:addlogin|addapprole|setapprole)\s+[^\n,;]{1,160},\s*(?:@\w{1,40}\s*=\s*)?N?'([^'\n]+)'/dgi,
  /\bsp_password\s+(?:@\w{1,40}\s*=\s*)?(?:NULL|N?'([^'\n]*)')\s*,\s*(?:@\w{1,40}\s*=\s*)?N?'([^'\n]+)'/dgi,
  /\bsp_addlinkedsrvlogin\b[^\n;]{1,200},\s*(?:@rmtpassword\s*=\s*)?N?'([^'\n]+)'\s*(?=[;\n]|$)/dgi,
];

const KEY_DETAIL = /\bkey \(([^()]{1,200})\)=\(/gi;

/** Finds the values of columns with secret names in SQL statements and in answers of databases. */
export function findInSql(text: string, add: (span: Span) => void): void {
  if (/\bsp_/i.test(text)) findInProcedures(text, add);
  if (!/\)\s*(?:values|=)\s*\(/i.test(text)) return;
  for (const pattern of [INSERT, KEY_DETAIL]) {
    for (const match of matchesOf(text, pattern)) {
      const columns = (match[1] as string).split(',').map((column) => secretNameRule(column.trim()));
      if (columns.every((rule) => rule === undefined)) continue;
      const values = argumentsAt(text, match.index + match[0].length);
      for (const [index, rule] of columns.entries()) {
        const value = values[index];
        if (!rule || !value || isBenignValue(text.slice(value.start, value.end))) continue;
        add({ start: value.start, end: value.end, rule });
      }
    }
  }
}

function findInProcedures(text: string, add: (span: Span) => void): void {
  for (const pattern of PROCEDURES) {
    for (const match of matchesOf(text, pattern)) {
      for (const span of match.indices?.slice(1) ?? [])
        if (span !== undefined && !isBenignValue(text.slice(...span)))
          add({ start: span[0], end: span[1], rule: 'password' });
    }
  }
}
