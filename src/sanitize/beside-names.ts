import { isNamedForm, isSentenceWord } from './benign.js';

/** Words that say how a secret is written or that lead to it: `password cipher …`, `password level 3 …`. */
const KIND =
  '(?:(?:irreversible-)?cipher|simple|plain(?:text)?|clear(?:text)?|encrypted|hash(?:ed)?|key|ascii|again|(?:zuruck)?gesetzt|geandert|re?set|changed|updated|auf|a|it|new|nu|nun|now|neue[snmr]?|nuova|nueva|nova|nouveau|to|is|was|as|e|er|ar|on|je|es|est|ist|lautet|jest|la|adalah|yra|md5|sha\\d{0,3}|level \\d{1,2}|\\d{1,2})';

/** A device between the word and its password: `LAPS password PC-114 …`. */
const DEVICE = '[A-Z]{1,15}[-_]?\\d{1,8}[ ,:]{1,3}';

/** One word before a colon, such as a place or an adjective; not a setting of passwords. */
const PLACE =
  '(?!(?:polic|rule|length|setting|profile|type|age|hist|min|max|version|id|name|user|hint|last|expir|state|status|complex)\\w*)[^\\s:=]{1,40}';

/**
 * From the end of a name to one word with a letter and a digit: a blank, a comma, a dash or a bracket between, and at
 * most three words that belong to the name.
 */
const BESIDE = new RegExp(
  `["'\`\\])]{0,2}(?:[ \\t]{1,3}|[ \\t]?(?:[,;|/(\\[{<>-]|->|=>|\u662f|\u4e3a|\u70ba|\u306f|[\uc740\ub294\uc774\uac00])[ \\t]?)` +
    `(?:(?:for|of|fur|von|ot|для)[ ][^\\s:=]{1,64}(?:[ ]|[ ]?[:=][ ])|${DEVICE}|${PLACE}[ ]?[:=][ ])?(?:${KIND}[ ]){0,3}["'\`(\\[{<]?` +
    '(?=[^\\s"\'`]{0,128}\\d)(?=[^\\s"\'`]{0,128}[A-Za-z])([^\\s"\'`,;()[\\]{}<>]{6,128})',
  'diy',
);

/** A number right beside the name: network keys of routers have twenty digits. */
const NUMBER = /[ \t]{1,3}(\d{8,24})(?![\w.:/-])/dy;

/**
 * A word with one or two digits at its end is more often the name of an account or a device: `svc-sync02`. People who
 * write the word for a password into it mean a password.
 */
const NUMBERED_NAME = /^(?![a-z]*(?:pass|pwd|secret|geheim))[A-Za-z]+(?:[-_][A-Za-z]+)*[-_]?\d{1,2}$/i;

/**
 * Finds the word with a digit that stands beside a password's name without any sign between the two:
 * `line vty 0 4 password hunter2go`. Returns undefined for counts, versions, codes and names with a number.
 */
export function secretBesideName(text: string, nameEnd: number): { start: number; end: number } | undefined {
  NUMBER.lastIndex = nameEnd;
  const number = NUMBER.exec(text)?.indices?.[1];
  if (number) return { start: number[0], end: number[1] };
  BESIDE.lastIndex = nameEnd;
  const match = BESIDE.exec(text);
  const start = match?.indices?.[1]?.[0];
  const value = match?.[1]?.replace(/[.:!?]+$/, '') ?? '';
  if (start === undefined || value.length < 6 || !isPasswordLike(value)) return undefined;
  return { start, end: start + value.length };
}

/** Whether a word is rather the name of an account or a device: `svc-sync02`. */
export function isNumberedName(value: string): boolean {
  return NUMBERED_NAME.test(value);
}

/** Whether a word with a digit can be a password, and is no name with a number, setting, path or sentence's word. */
export function isPasswordLike(value: string): boolean {
  if (/\uE000|&[\w.-]+=|^[a-z]+\||^[\w.-]+[=:]|^[$%@-]|[\\/]/.test(value) || NUMBERED_NAME.test(value))
    return false;
  return /\d/.test(value) && /[A-Za-z]/.test(value) && !isNamedForm(value) && !isSentenceWord(value);
}

/**
 * Whether a word has the form of a password that people make up: capitals, small letters, digits and a sign
 * (`Sommer-2024`), or digits inside of letters (`hunter2go`).
 */
export function hasPasswordForm(value: string): boolean {
  if (value.length < 6 || value.length > 64 || !isPasswordLike(value) || /^v\d/i.test(value)) return false;
  if (/[A-Z]/.test(value) && /[a-z]/.test(value) && /[-_!#$%^&*+?~]\d{2}|\d[-_!#$%^&*+?~]/.test(value))
    return true;
  return (
    /^[A-Za-z]{3,20}\d{1,4}[a-z]{1,8}[!?]?$/.test(value) &&
    !/(?:\d{2,3}(?:crypt|api|bit|x|url|gw|lib|dll|kb|mb|gb))$/i.test(value)
  );
}
