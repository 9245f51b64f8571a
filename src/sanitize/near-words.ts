import { isNamedForm, isSentenceWord } from './benign.js';
import { isNumberedName } from './beside-names.js';
import { TRANSFERS } from './clause-words.js';
import { matchesOf } from './matches-of.js';
import { textureOf } from './randomness.js';
import type { RuleName } from './rules.js';
import type { Span } from './span.js';

/** Words of secrets, also those that alone are too common to name a value of any form. */
const NOUN =
  /(?<![A-Za-z\d])(?:(pass(?:words?|phrases?|codes?|wd)|(?:adm)?pwd|pw|pins?|psk|logins?|(?:pre-?shared|wi-?fi|wlan|network) key|(?:shared|client) secret|kenn?worte?|passworte?r?|mots? de passe|contrasenas?|claves?|senhas?|wachtwoord(?:en)?|parola|has[l\u0142][oa]|kod pin)|(tokens?|jetons?)|((?:api[ -])?keys?|(?:[a-z]{2,20})?(?:schlussel|sleutel)s?|cles?|chiav[ei]|klucza?)|(secrets?|[a-z]{0,16}credentials?|creds?|segreto|secreto|geheimnis|zugangsdaten|anmeldedaten|identifiants|credenciales|credenziali|inloggegevens|dane logowania))(?![A-Za-z\d])/gi;
const RULES_OF_GROUPS: readonly RuleName[] = ['password', 'token', 'key', 'secret'];

/** What may hold a secret: a run without blanks, quotes and brackets. */
const TOKEN = /[^\s"'`()[\]{}<>,;]{8,128}/g;

/** A secret may stand this far after its word or before it, on the same line. */
const AFTER_REACH = 96;
const BEFORE_REACH = 64;

/** A policy or setting about secrets, after the word for them. */
const OF_POLICY =
  /[ -](?:polic(?:y|ies)|profile?s?|baselines?|restrictions|guard|richtlinien?|einstellungen|beleid)(?![A-Za-z])/iy;
/** What may stand between such a policy and its name. */
const BESIDE_NAME = /^[ "'`([|\u2013-]{1,4}$/;

interface Noun {
  readonly start: number;
  readonly end: number;
  readonly rule: RuleName;
  /** Where the words for a policy end, such as `password policy`; undefined for a secret itself. */
  readonly policyEnd: number | undefined;
}

/**
 * Finds what has the form of a password or is random, on the line of a secret's word, whatever stands between the two.
 * Words, numbers, names with digits, GUIDs, paths and hosts don't have such a form; after a word, `findStated` finds
 * some of them by the words between. What stands directly beside the words for a policy is its name.
 */
export function findNearWords(text: string, add: (span: Span) => void): void {
  const nouns = [...matchesOf(text, NOUN)].map((match) => nounOf(text, match));
  if (nouns.length === 0) return;
  for (const noun of nouns) findStated(text, noun, add);
  let next = 0;
  for (const match of matchesOf(text, TOKEN)) {
    const value = match[0].replace(/[.:?]+$/, '');
    const [start, end] = [match.index, match.index + value.length];
    while (next < nouns.length && (nouns[next] as Noun).end <= start) next++;
    if (!hasSecretForm(value)) continue;
    // The secret may contain such words itself.
    let after = next;
    while (after < nouns.length && (nouns[after] as Noun).start < end) after++;
    const noun = [nouns[next - 1], nouns[after]].find((one) => one && isNear(text, one, { start, end }));
    if (noun) add({ start, end, rule: noun.rule });
  }
}

function nounOf(text: string, match: RegExpExecArray): Noun {
  const group = match.slice(1).findIndex((part) => part !== undefined);
  const end = match.index + match[0].length;
  OF_POLICY.lastIndex = end;
  const policyEnd = OF_POLICY.test(text) ? OF_POLICY.lastIndex : undefined;
  return { start: match.index, end, rule: RULES_OF_GROUPS[group] ?? 'secret', policyEnd };
}

function isNear(text: string, noun: Noun, token: { start: number; end: number }): boolean {
  const isAfter = noun.end <= token.start;
  const [from, to, reach] = isAfter
    ? [noun.end, token.start, AFTER_REACH]
    : [token.end, noun.start, BEFORE_REACH];
  if (to < from || to - from > reach) return false;
  const between = text.slice(from, to);
  if (between.includes('\n')) return false;
  const { policyEnd } = noun;
  return policyEnd === undefined || !BESIDE_NAME.test(isAfter ? text.slice(policyEnd, to) : between);
}

/** Whether a run looks like a password that a program demanded, or like a generated key. */
function hasSecretForm(value: string): boolean {
  if (/[\\/@|=\uE000]|:\/|^[$#*%]|%[0-9a-f]{2}|\$[({]|^\W*[\w-]+:\w|^0x/i.test(value)) return false;
  if (!/[a-z]/.test(value) || !/[A-Z]/.test(value) || !/\d/.test(value)) return false;
  if (/[!#$%^&*]/.test(value)) return !value.includes('.') && !/^[A-Za-z]+[#&$]\d+$/.test(value);
  return value.length >= 16 ? isRandom(value) : isRandomCode(value);
}

/** A short code of capitals, small letters and digits in turns, without a word in it. */
function isRandomCode(value: string): boolean {
  const { switchShare, digits, commonPairShare } = textureOf(value);
  if (!/^[A-Za-z\d]{8,15}$/.test(value) || /[A-Z]?[a-z]{3}/.test(value)) return false;
  return digits >= 2 && (switchShare >= 0.6 || commonPairShare <= 0.5);
}

function isRandom(value: string): boolean {
  const { commonPairShare, switchShare, digits } = textureOf(value);
  return digits >= 3 && (switchShare >= 0.6 || (switchShare >= 0.4 && commonPairShare <= 0.75));
}

/** Words after a secret's word that lead to the secret itself instead of to a setting or a state. */
const LEADS =
  'for|of|to|in|on|from|used|you|was|is|has|had|between|before|after|old|new|der|des|von|f[u\u00fc]r|ist|war|lautet|du|de|del|della|dell|d|di|van|dla|per|pour|para|' +
  'errata|incorrecta|incorrect|onjuist|uzytkownika|u\u017cytkownika';

/** From the secret's word over at most six words to a sign or a verb, and then one word with a digit. */
const STATED = new RegExp(
  `["'\`]?,?[ ](?:${LEADS})(?=[ ':])(?:[ ']["'\`]?[^\\s:="'\`]{1,40}["'\`]?,?){0,6}?` +
    '(?:(?<!\\d)[ ]?[:=][ ]?|[ ]=[ ]|[:=][ ]|[ ](?:is|was|to|ist|war|lautet|est|es|e|jest|to be|before|after)[ ]|[ ]\\((?:currently|now|jetzt)[ ])' +
    '["\'`]?(?=[^\\s"\'`]{0,128}\\d)(?=[^\\s"\'`]{0,128}[A-Za-z])([^\\s"\'`,;()]{6,128})',
  'diy',
);

/** A user and a password as a pair after a word for both: `credentials: user / …`, `password (user, …)`. */
const PAIR =
  /(?:[ ](?:used|given|tried))?[ ]?(?::|as)?[ ](?:["'`]?[\w.\\@=,-]{1,64}["'`]?[ ]\/[ ]|\([\w.\\@-]{1,64},[ ])["'`]?(?=[^\s"'`]{0,128}\d)(?=[^\s"'`]{0,128}[A-Za-z])([^\s"'`,;()]{6,128})/diy;

/** A number that follows the word for a PIN and where it is for. */
const PIN =
  /[ ](?:for|of|on|des|der|du|de|del|di|van|dla|f[u\u00fc]r|auf)(?:[ ][^\s:=]{1,40}){1,5}?[ ]?[:=][ ]?(\d{4,12})(?![\w.:-])/diy;

const PATTERNS: Readonly<Partial<Record<RuleName, readonly RegExp[]>>> = {
  password: [STATED, PAIR, PIN],
  secret: [STATED, PAIR],
};

/** Finds a word with a digit that the sentence says is the secret: `the PSK for the guests is …`. */
function findStated(text: string, { end, rule }: Noun, add: (span: Span) => void): void {
  for (const pattern of PATTERNS[rule] ?? []) {
    pattern.lastIndex = end;
    const match = pattern.exec(text);
    const value = match?.[1]?.replace(/[.:!?]+$/, '') ?? '';
    const at = match?.indices?.[1]?.[0];
    if (at === undefined || value.length < 4 || isNamedForm(value)) continue;
    // A word that the sentence has named before is what it speaks of.
    const between = text.slice(end, at);
    if (isSentenceWord(value) || between.includes(` ${value} `)) continue;
    if (isNumberedName(value) && between.split(' ').some((word) => TRANSFERS.has(word))) continue;
    if (!value.includes('\uE000')) add({ start: at, end: at + value.length, rule });
  }
}
