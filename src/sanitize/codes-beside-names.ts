import { isNamedForm, isSentenceWord } from './benign.js';
import { matchesOf } from './matches-of.js';
import type { RuleName } from './rules.js';
import type { Span } from './span.js';

/** What a code is for, also as the end of an identifier such as `Get-LapsADPassword` or `consumer_secret`. */
const NOUN =
  /(password|passwd|pwd|passcode|(?:temporary )?access pass)|((?:user|device|unlock|bypass|verification|activation|pairing|enroll?ment|invit(?:e|ation)|registration|claim|backup|recovery|security|setup|sign-?in|login|access) code|(?:freischalt|zugangs|aktivierungs|entsperr|wiederherstellungs|einmal|bestatigungs|toegangs|activerings|ontgrendel|herstel)code|code d[e'][ ]?(?:activation|acces|deverrouillage|recuperation|verification)|codigo de (?:acceso|activacion|verificacion|desbloqueo))|((?:totp|otp|mfa|2fa)(?: seed| secret)?|seed)|((?:(?:site|licen[cs]e|product|serial|cd|installation|activation|volume|provisioning|integration)[ _-]?key)|licen[cs]e|(?<![\w-])key(?= [0-9a-f]{16}))|(challenge|secret)|((?<!public ?key ?)token)/gi;
const RULES_OF_GROUPS: readonly RuleName[] = ['password', 'device-code', 'otp', 'key', 'secret', 'token'];

/**
 * From the end of the noun to a code: a sign or blanks, and at most four words that lead to a value, such as the type of
 * a registry value.
 */
const BRIDGE =
  /s?(?:_?(?:base64|hex|text|value|plain))?["'`)\]]{0,2}(?:[ \t]?[:=][ \t]?|[ \t]{1,3}|[ \t]?->[ \t]?)(?:(?:REG_[A-Z_]{2,12}|return(?:ed|s)|gave|outputs?|printed|new|old|current|initial|values?|is|was|to|set|changed|rotated|reset|used|as|prompt|answered|entered|typed|with|issued|created|generated|received|sent|=)[ :]{1,2}){0,4}["'`(]?([^\s"'`,;()<>{}[\]&|]{6,128})/iy;

const GROUPS_OF_SYMBOLS = /^[A-Z\d]{3,8}(?:-[A-Z\d]{3,8}){1,7}$/;
const MIXED_GROUPS = /^[A-Za-z\d]{3,8}(?:-[A-Za-z\d]{3,8}){2,7}$/;
/** What a YubiKey types (https://developers.yubico.com/OTP/). */
const MODHEX = /^[cbdefghijklnrtuv]{32,48}$/;
/** Numbers of vulnerabilities, standards and algorithms are written in groups as well. */
const STANDARD = /^(?:CVE|ISO|RFC|DIN|NIST|SHA|AES|RSA|WPA|TLS|FIPS|[A-Z]+-\d{1,4}$)/;
/** A name of words, perhaps with a number at its end: `GraphClient2024`. */
const NAME = /^[A-Za-z]+(?:[-_.][A-Za-z]+)*[-_.]?\d{0,4}$/;

/** The code on the back of a payment card. */
const CARD_CODE = /\b(?:cvv2?|cvc2?)[ \t]{0,2}[:=]?[ \t]{0,2}(\d{3,4})(?![\w.-])/gi;

/**
 * Finds codes right beside the name of what they open: `user code ABCD-EFGH to sign in`, `the seed JBSW… was imported`,
 * `DefaultPassword REG_SZ …`. Names, counts, versions, GUIDs and words have no such form.
 */
export function findCodesBesideNames(text: string, add: (span: Span) => void): void {
  for (const { index, 0: whole, 1: number = '' } of matchesOf(text, CARD_CODE))
    add({ start: index + whole.length - number.length, end: index + whole.length, rule: 'card-number' });
  for (const noun of matchesOf(text, NOUN)) {
    const nounEnd = noun.index + noun[0].length;
    BRIDGE.lastIndex = nounEnd;
    const match = BRIDGE.exec(text);
    const found = match?.[1];
    if (!match || found === undefined) continue;
    const value = found.replace(/[.:!?]+$/, '');
    const rule = RULES_OF_GROUPS[noun.slice(1).findIndex((part) => part !== undefined)] ?? 'secret';
    const start = nounEnd + match[0].length - found.length;
    const isGiven = rule === 'password' && GIVEN.test(match[0]);
    if (isCode(value, rule, isGiven)) add({ start, end: start + value.length, rule });
  }
}

/** Words after which a name would make no sense. */
const GIVEN = /REG_|[ ](?:returned|gave|printed|to|is|was|answered with)[ :]/i;

function isCode(value: string, rule: RuleName, isGiven: boolean): boolean {
  if (value.length < 6 || /\uE000|:\/\/|^[\w.-]+[=:](?!=?$)|^[$%#@-]|[\\]|\w@\w[\w-]*\.\w/.test(value))
    return false;
  if (rule === 'device-code' && /^[A-Z]{3,5}-[A-Z]{3,5}$/.test(value)) return true;
  if (isNamedForm(value) || isSentenceWord(value)) return false;
  const hasDigit = /\d/.test(value);
  if (rule === 'device-code' && /^[A-Za-z\d]{6,12}$/.test(value) && !NAME.test(value))
    return hasDigit && /[A-Za-z]/.test(value) && (/\d.*\d/.test(value) || /^[A-Z\d]+$/.test(value));
  if (GROUPS_OF_SYMBOLS.test(value)) return hasDigit && /[A-Z]/.test(value) && !STANDARD.test(value);
  if (rule === 'otp' && MODHEX.test(value)) return true;
  if (/^[0-9a-f]{16,}$/i.test(value)) return hasDigit && /[a-f]/i.test(value);
  if (rule === 'key') return MIXED_GROUPS.test(value) && turnsOf(value) >= 2;
  if (rule === 'otp' && /^[A-Z2-7]{12,}=*$/.test(value)) return hasDigit;
  const isMixed = /[a-z]/.test(value) && /[A-Z]/.test(value);
  if (rule === 'password' && isMixed && /[!#$%^&*@~+?]/.test(value)) return true;
  if (!hasDigit) return false;
  if (isGiven) return /[A-Za-z]/.test(value);
  if (NAME.test(value) || value.length < 8) return false;
  if (isMixed && /[!#$%^&*@~+=_]/.test(value)) return true;
  return /^[A-Za-z\d]+$/.test(value) && turnsOf(value) >= (isMixed ? 4 : 3);
}

/** How often a value turns from letters to digits or back. */
function turnsOf(value: string): number {
  return (value.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g) ?? []).length;
}
