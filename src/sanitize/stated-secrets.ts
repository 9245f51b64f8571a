import { isSentenceWord } from './benign.js';
import { matchesOf } from './matches-of.js';
import type { RuleName } from './rules.js';
import type { Span } from './span.js';

const NOUN =
  '(password|passphrase|passcode|passwd|pwd|pin|kennwort|passwort|mot de passe|contrasena|wachtwoord|' +
  '(?:client |shared |app |application )?secret|credentials?|' +
  '(?:(?:access|refresh|bearer|session|auth|api|id|sas|security) )?token|' +
  '(?:api|access|subscription|account|license|licence|product|activation|network|recovery|pre-?shared|signing) key|' +
  '(?:unlock|security|activation|access|verification|recovery) code)s?';

/** Words that may stand between the name of a secret and the value that the sentence is about. */
const STATE =
  '(?:is|was|are|were|has|have|had|been|be|as|not|no longer|too|so|very|the|an?|by|to|in|it|its|now|still|already|' +
  'you|user|client|server|they|he|she|we|i|' +
  'invalid|valid|rejected|refused|expired|denied|wrong|incorrect|correct|mismatch(?:ed)?|accepted|provided|given|supplied|' +
  'used|entered|typed|sent|received|submitted|presented|passed|found|malformed|unknown|bad|revoked|blocked|weak|short|' +
  'long|old|unusable|unacceptable|failed|leaked|compromised|reused|tried|attempted|set|changed|reset|unrecogni[sz]ed|' +
  'falsch|ungultig|abgelehnt|abgelaufen|verwendet|incorrecte?|invalide|refusee?|expiree?|incorrecta|rechazada|onjuist|' +
  'ongeldig|verlopen|geweigerd|ist|war|wurde|est|es|als|zu)';

/** One word with a digit, in quotes or not, that is neither a code, a date, a number nor a host. */
const value = (lengthMax: number | '') =>
  '["\'`\\u00AB\\u201C]?\\s?(?!0x|https?:|\\d{4}-\\d{2}-\\d{2}|[0-9a-f]{8}-[0-9a-f]{4}-|v?\\d+(?:\\.\\d+)+\\b)' +
  '(?=[^\\s"\']{0,128}\\d)(?=[^\\s"\']{0,128}[A-Za-z])([^\\s"\'`,;\\u00BB\\u201D]' +
  `{6,${lengthMax}})`;

/** Names before a value: `token rejected as invalid: …`, `the password you entered, …, is wrong`. */
const NAME_FIRST = new RegExp(
  `\\b${NOUN}(?:,?[ ]${STATE}){1,6}(?:[ ]?[:=(][ ]?|,[ ]|[ ](?=["'\`]))[(]?${value('')}`,
  'dgi',
);

/** A value before its name: `… is not a valid password`, `… used as the client secret`. */
const VALUE_FIRST = new RegExp(
  `(?<![^\\s"'\`(])${value(128)}["'\`\\u00BB\\u201D]?[ ](?:(?:is|was)(?: not)?(?: (?:allowed|accepted|usable) as)?|(?:used )?as)[ ]` +
    `(?:(?:the|an?|my|his|her|their|our|your|its|valid|new|old|current|correct|right|temporary|initial|default)[ ]){0,3}${NOUN}` +
    `(?=["'\`)]?(?:[.,;:!)]|[ ](?:for|of|on|and)\\b|\\s*$|\\n))`,
  'dgi',
);

/** An error code or the number of an update: `AADSTS50126`, `ORA-28001`. */
const CODE = /^[A-Z]{1,10}[-_]?\d+$/;

/** A value between its name and what became of it: `token … expired`, `the pre-shared key … was rejected`. */
const BETWEEN = new RegExp(
  `\\b${NOUN}[ ]${value(128)}["'\`\\u00BB\\u201D]?[ ]{1,3}(?:(?:is|was|has|had|been|ist|wurde|est|es|not|no longer|too|te|zu)[ ]){0,3}` +
    '(?:invalid|rejected|refused|expired|denied|wrong|incorrect|revoked|accepted|valid|short|weak|leaked|blocked|' +
    'falsch|ungultig|abgelehnt|abgelaufen|kurz|refusee?|incorrecte?|onjuist|ongeldig|verlopen|kort)\\b',
  'dgi',
);

/** The thumbprint of a certificate, by which it is named as a credential. */
const THUMBPRINT = /^[0-9A-F]{40}$/;

const HOST = /^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?::\d+)?\.?$/i;

/** Finds secrets in sentences that name them and say what became of them. */
export function findStatedSecrets(text: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, NAME_FIRST)) addValue(match, 1, 2, add);
  for (const match of matchesOf(text, BETWEEN)) addValue(match, 1, 2, add);
  for (const match of matchesOf(text, VALUE_FIRST)) addValue(match, 2, 1, add);
}

function addValue(match: RegExpExecArray, name: 1 | 2, value: 1 | 2, add: (span: Span) => void): void {
  const [start, end] = match.indices?.[value] ?? [0, 0];
  const trimmed = (match[value] as string).replace(/[).:!?\]}]+$/, (tail) =>
    tail.startsWith('!') ? '!' : '',
  );
  if (trimmed.length < 6 || end === 0 || isSentenceWord(trimmed)) return;
  if (CODE.test(trimmed) || HOST.test(trimmed) || THUMBPRINT.test(trimmed)) return;
  if (trimmed.includes('\uE000')) return;
  add({ start, end: start + trimmed.length, rule: ruleOf(match[name] as string) });
}

function ruleOf(name: string): RuleName {
  const plain = name.toLowerCase();
  if (/token$/.test(plain)) return 'token';
  if (/key$/.test(plain)) return 'key';
  if (/code$/.test(plain)) return 'device-code';
  return /secret|credential/.test(plain) ? 'secret' : 'password';
}
