import { isGermanicParticiple } from './benign.js';
import {
  AND,
  AS,
  CHANGES,
  COMPOUNDS,
  CONNECTIVES,
  COPULAS,
  ENTERED,
  INTO,
  LEADS,
  NEGATIONS,
  NOW,
  PASSED_OVER,
} from './clause-words.js';
import { isOtherOwner, Joint, JointReader } from './joint-reader.js';
import { matchesOf } from './matches-of.js';
import { isPublic, nameAround } from './name-around.js';
import { CALLED_BY_NAME, type RuleName } from './rules.js';
import { isHalfOfCode, looksSecret } from './said-secret.js';
import { secretNameRule } from './secret-names.js';
import { SECRET_WORD } from './secret-words.js';
import { type Word, wordsAfter, wordsBefore } from './sentence-words.js';
import type { Span } from './span.js';

/** A verb stands at most this many words before the name of what the value is. */
const BEFORE_WORDS_MAX = 7;

/** What is in cookies or headers has forms of its own. */
const SAID_IN_SENTENCES: ReadonlySet<RuleName> = new Set(CALLED_BY_NAME);

/**
 * Words that name a secret only in some sentences: solutions and accounts that are spoken of like their passwords (`LAPS:
 * retrieved …`), a code beside what it opens, and a login before a pair of user and password.
 */
const BARE_NAMES: ReadonlyArray<readonly [RuleName, RegExp]> = [
  ['password', /(?<![\w-])(?:LAPS|krbtgt)(?![\w-])/g],
  [
    'device-code',
    /(?<![\w-])(?<!(?:error|exit|status|return|result|reason|response|country|area|postal|zip|source|product|event|stop|qr|opens? with) )(?:combination|combo|kombination|combinaison|combinacion|combinazione|codes?|koden?|kod|codigo|codice)(?![\w-])(?=[^\n]{0,60}\b(?:doors?|gate|alarm|safe|lock|padlock|rack|vault|garage|entrance|cage|tur|tresor|porte|coffre|alarme|puerta|caja|porta|cassaforte|allarme|deur|kluis|larmet|alarmen|drzwi|voicemail)\b)/gi,
  ],
  [
    'device-code',
    /\b(?:doors?|gate|alarm|safe|lock|padlock|rack|vault|garage|phone|tablet|kiosk|puerta|porte|tur|deur)\b[^\n]{0,48}?\b(?:codes?|combination|combo|codigo|codice|kode)(?![\w-])/gi,
  ],
  [
    'secret',
    /(?<![\w-])(?:u\/p|log-?ins?|logons?|zugangsdaten|anmeldedaten|identifiants|credenciales|credenciais|credenziali|inloggegevens|dane logowania)(?![\w-])/gi,
  ],
];

/**
 * Finds the value that a sentence ascribes to a secret, whatever stands between the name and the value: `the shared key
 * for the branch is …`, `Das Kennwort wurde gestern auf … gesetzt`, `… is the new PIN`. The words after the name are
 * read one by one; a value counts if a copula, a sign, a change or a verb of giving leads to it, and it has no form of a
 * harmless word.
 */
export function findInClauses(text: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, SECRET_WORD)) {
    const name = nameAround(text, match);
    const rule = name && secretNameRule(text.slice(name.start, name.end));
    if (!name || !rule || !SAID_IN_SENTENCES.has(rule) || isPublic(text, name.start)) continue;
    for (const { start, end } of valuesAfter(text, name.end, rule)) add({ start, end, rule });
    for (const { start, end } of valuesBefore(text, name, rule)) add({ start, end, rule });
  }
  for (const [rule, pattern] of BARE_NAMES)
    for (const { index, 0: name } of matchesOf(text, pattern))
      for (const { start, end } of valuesAfter(text, index + name.length, rule, {
        first: Joint.Other,
        least: rule === 'secret' ? Joint.Label : Joint.Owner,
      }))
        add({ start, end, rule });
}

/** Signs after which code goes on, and no sentence. */
const CODE = /[)}\]];|;\S|[{}]/;

/** Where a person enters a secret: `the PIN prompt`. */
const PLACES_OF_ENTRY =
  /^(?:prompt|field|box|dialog|page|form|screen|window|pad|feld|fenster|champ|campo|veld)$/i;

/** Names of secrets in Polish, in which “to” is a copula. */
const POLISH = /(?<![a-z])(?:has[l\u0142]e?[ok]o?|kod(?: do| dost\S{1,4})?|klucz\w{0,8}(?: \S{1,16})?)$/i;

/** A verb of change before the name: `They changed the PIN from … to …`. */
const CHANGE_BEFORE =
  /\b(?:changed?|changing|rotated?|updated?|switched|set|setting|cambi\w{1,4}|altera\w{1,3}|andert?e?n?|geandert|gewijzigd|modifi\w{1,3})\b[^.!?\n]{0,60}$/i;

function* valuesAfter(
  text: string,
  nameEnd: number,
  rule: RuleName,
  { first = Joint.Loose, least = Joint.Owner } = {},
): Generator<Word> {
  if (!AFTER_NAME.test(text.slice(nameEnd, nameEnd + 4))) return;
  const words = wordsAfter(text, nameEnd);
  const before = text.slice(Math.max(0, nameEnd - 96), nameEnd);
  const reader = new JointReader(first, {
    isChange: CHANGE_BEFORE.test(before),
    isPolish: POLISH.test(before),
  });
  for (const [index, word] of words.entries()) {
    if (CODE.test(word.sign) || /\w\(/.test(word.text)) return;
    reader.readSign(word.sign);
    const next = words[index + 1];
    const isValue =
      reader.lead >= least &&
      !words.slice(0, index).some(({ text }) => text === word.text) &&
      (looksSecret(word, { rule, joint: reader.lead, next }) ||
        isHalfOfCode(word, words[index - 1], next, rule));
    if (isValue) yield word;
    else if (index === 0 && isCompound(word)) return;
    reader.readWord(word, isValue);
  }
}

/** The values before a name: `… is the new PIN`, `… and … as the admin passwords`, `typed … into the PIN prompt`. */
function valuesBefore(text: string, name: { start: number; end: number }, rule: RuleName): readonly Word[] {
  const next = wordsAfter(text, name.end)[0];
  const isEntry = next !== undefined && PLACES_OF_ENTRY.test(next.text);
  if (next && !isEntry && !isAfterName(next)) return [];
  const words = wordsBefore(text, name.start);
  for (let at = words.length - 1; at > 0 && at >= words.length - BEFORE_WORDS_MAX; at--) {
    const { text: word, lower, sign } = words[at] as Word;
    const valueAt = NEGATIONS.has((words[at - 1] as Word).lower) ? at - 2 : at - 1;
    const isSaid = !isEntry && (COPULAS.has(lower) || AS.has(lower));
    const isEntered = INTO.has(lower) && ENTERED.has(words[valueAt - 1]?.lower ?? '');
    if ((isSaid || isEntered) && /^["'`*]*,?$/.test(sign)) {
      const values = listBefore(words, valueAt, rule);
      if (values.length > 0) return values;
    }
    if (!/^[A-Za-z'-]+$/.test(word) || (LEADS.has(lower) && !AS.has(lower) && !PASSED_OVER.has(lower)))
      return [];
    if (/[,;.:]/.test(sign) && lower !== "that's") return [];
  }
  return [];
}

/** The value at a place, and those of the same list before it. */
function listBefore(words: readonly Word[], from: number, rule: RuleName): readonly Word[] {
  const values: Word[] = [];
  for (let at = from; at >= 0; at--) {
    const word = words[at] as Word;
    if (values.length > 0 && AND.has(word.lower)) continue;
    const isOther = isOtherOwner(words[at - 1]?.lower ?? '');
    if (isOther || !looksSecret(word, { rule, joint: Joint.Firm, next: undefined })) break;
    values.push(word);
  }
  return values;
}

/** Whether the word makes another name of the secret's name before it. */
function isCompound({ lower, sign, isQuoted }: Word): boolean {
  return sign === '' && !isQuoted && COMPOUNDS.has(lower);
}

/** Whether a word goes on with the sentence, so that the name before it ends there. */
function isAfterName({ text, lower, sign }: Word): boolean {
  return sign !== '' || isGermanicParticiple(text) || GOING_ON.some((words) => words.has(lower));
}

const GOING_ON = [LEADS, AND, COPULAS, CHANGES, NOW, CONNECTIVES];

/** What may stand right after a name in a sentence; signs without a blank belong to data and code. */
const AFTER_NAME = /^["'`)\]*]{0,3}[,:;=.?!]?\s/;
