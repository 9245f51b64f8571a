import { isBenignValue, isNamedForm, isSentenceWord } from './benign.js';
import { hasPasswordForm, isNumberedName } from './beside-names.js';
import { UNITS } from './clause-words.js';
import { Joint } from './joint-reader.js';
import { textureOf } from './randomness.js';
import type { RuleName } from './rules.js';
import type { Word } from './sentence-words.js';

/** Secrets that people make up, so that a word with a digit is enough. */
const CHOSEN_BY_PEOPLE: ReadonlySet<RuleName> = new Set(['password', 'wifi-key']);

/** Where a word stands. */
interface Place {
  readonly rule: RuleName;
  readonly joint: Joint;
  readonly next: Word | undefined;
}

/** Times, dates, addresses, variables, names with a value of their own, mailboxes and names of computers. */
const HARMLESS =
  /^(?:\d{4}-q\d|(?:level|tier|niveau|stufe|nivel|livello|phase|ring)-?\d\S*|\d{1,4}[-./:]\d{1,2}(?:[-./:T]\S*)?|[A-Za-z_.-]+[=:]\S*|[$%@{<!-]\S*|\S+@[\w-]+\.\S+|\d+(?:[.,]\d+)*%?|(?:[\da-f]{2}[:-]){5}[\da-f]{2}|(?:laptop|desktop|win|pc|srv|dc|ws|nb|vm|ipad|iphone|server|kiosk|client|device|tenant|group|app|user|svc|adm)-\S+|(?:asn\.|u?int|wpa|x509|wep|tls|ssl|oauth|fido|ipv|x|p|http|ike|ntlm|ntlmv|smb|tpm|v|h|md|utf|base|rfc|iso|ps|rs|es|hs|cng|kb|24h|23h|22h|25h)-?\d\S*)$/i;

/** Whether a word at this place of a sentence can be the secret, and has no form of a harmless word. */
export function looksSecret(word: Word, { rule, joint, next }: Place): boolean {
  const { text: value } = word;
  const plain = value.replace(/!+$/, '');
  if (value.length < 4 || /[\uE000"'`(){}<>;,|]|&[\w.-]+=/.test(value)) return false;
  if (/^\d{4,12}$/.test(value)) return isNumberSaid(value, rule, joint) && !(next && UNITS.test(next.text));
  if (rule === 'device-code' && joint === Joint.Firm && /^\d{1,2}(?:-\d{1,2}){2,4}$/.test(value)) return true;
  if (HARMLESS.test(plain) || isNamedForm(plain) || isBenignValue(plain) || isSentenceWord(plain))
    return false;
  if (isNumberedName(plain) && joint === Joint.Owner) return false;
  const hasDigit = /\d/.test(value);
  const hasLetter = /[A-Za-z]/.test(value);
  const hasSign = /[!#$%^&*+~?=_@-]/.test(value.slice(1));
  if (!hasLetter) return hasSign && isCodeOfDigits(value, rule, joint);
  if (!hasDigit)
    return (
      joint === Joint.Firm && (isUnlikeWord(value, rule, word.isQuoted) || isAfterArrow(word, rule, next))
    );
  if (joint <= Joint.Loose && (joint === Joint.Owner || !CHOSEN_BY_PEOPLE.has(rule)))
    return hasPasswordForm(value) || isMixed(value) || DIGIT_IN_WORD.test(value);
  return value.length >= (joint === Joint.Firm || word.isQuoted ? 4 : 6);
}

function isNumberSaid(value: string, rule: RuleName, joint: Joint): boolean {
  if (rule === 'token' || rule === 'key' || rule === 'secret') return false;
  return joint >= Joint.Label || (joint !== Joint.Owner && value.length >= 5);
}

/** A word after an arrow at the end of the line: `guest password → sunflower`. */
function isAfterArrow({ text, sign }: Word, rule: RuleName, next: Word | undefined): boolean {
  return (
    CHOSEN_BY_PEOPLE.has(rule) && text.length >= 5 && /(?:→|[-=]>)["'`]?$/.test(sign) && next === undefined
  );
}

/** Three of the six digits of a code: `684 117`. */
export function isHalfOfCode(
  word: Word,
  previous: Word | undefined,
  next: Word | undefined,
  rule: RuleName,
): boolean {
  const isThree = (one: Word | undefined) => one !== undefined && /^\d{3}$/.test(one.text);
  return (rule === 'otp' || rule === 'device-code') && isThree(word) && (isThree(previous) || isThree(next));
}

/** Groups of digits, or digits and signs: `8842-1093`, `7714#`. */
function isCodeOfDigits(value: string, rule: RuleName, joint: Joint): boolean {
  if (rule === 'otp' || rule === 'device-code') return /^\d{1,6}(?:-\d{1,6}){1,7}$|^\d{4,8}[#*]$/.test(value);
  return joint >= Joint.Label && value.length >= 6;
}

/** A word of letters alone that is no word of a language: joined words, or capitals and letter pairs at random. */
function isUnlikeWord(value: string, rule: RuleName, isQuoted: boolean): boolean {
  if (CHOSEN_BY_PEOPLE.has(rule)) {
    if (isQuoted && /^\S+$/.test(value)) return true;
    if (/^[a-z]{3,16}(?:[-.][a-z]{3,16}){2,11}$/i.test(value)) return true;
    if (/[A-Za-z][#$%^&*+~=_@][A-Za-z]/.test(value)) return true;
  }
  return value.length >= 8 && /[a-z][A-Z]/.test(value) && textureOf(value).commonPairShare <= 0.5;
}

/** A digit in the place of a letter, as people write passwords: `mon1tor`. */
const DIGIT_IN_WORD =
  /^(?=\S{6})(?:[A-Za-z]+[-_!#$%^&*+])*(?!win\d|ipv\d|base\d|sha\d|oauth\d|log\dj|int\d|utf\d)[A-Za-z]+[013457](?!bit|app)[a-z]{1,}(?:[013457]{1,2}[a-z]+)*(?:[-_!#$%^&*+][\w!]+)*$/;

/** Capitals, small letters and digits in turns, or groups of capitals and digits. */
function isMixed(value: string): boolean {
  if (/^[A-Z\d]{3,8}(?:-[A-Z\d]{3,8}){1,7}$/.test(value)) return /\d.*\d/.test(value);
  const turns = (value.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g) ?? []).length;
  const isBoth = /[a-z]/.test(value) && /[A-Z]/.test(value);
  return value.length >= 8 && (isBoth ? turns >= 2 || /[!#$%^&*]/.test(value) : turns >= 3);
}
