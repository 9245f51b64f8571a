import { stripHtml } from './html.js';

/** Sequences that steer a terminal, written with ESC or with one control character of C1. */
const ANSI_SEQUENCE = new RegExp(
  [
    '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]',
    // A string ends where the next one begins, so that no character is looked at twice.
    '(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u0090\\u0098\\u009b-\\u009f\\n]{0,2048}(?:\\u0007|\\u009c|\\u001b\\\\)',
    '\\u001b[ -/]*[0-~]',
  ].join('|'),
  'g',
);

/** Control, format, private use and lone surrogate characters, and what fonts don't show at all. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/u;
const UNSEEN_EXCEPT_BREAKS = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;

/** Letters and digits dressed up as mathematics or in boxes, which nobody needs to read a failure. */
const DRESSED_UP = /[\u{1D400}-\u{1D7FF}\u{1F130}-\u{1F189}]/gu;

const PLAIN_ASCII = /^[\n\t -;=?-~]*$/;

/** True for a character that a reader wouldn't see and that could split a secret in two. */
export function isUnseen(character: string): boolean {
  return UNSEEN.test(character);
}

/**
 * Takes out what no reader should get: terminal sequences, control and invisible characters, lone
 * surrogates, HTML markup. Line ends become \n, Unicode is composed (NFC). Pure ASCII without `<` and `>`
 * comes back as it was.
 */
export function cleanText(text: string): string {
  if (PLAIN_ASCII.test(text)) return text;
  const readable = text
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(ANSI_SEQUENCE, '')
    .replace(UNSEEN_EXCEPT_BREAKS, '')
    .replace(DRESSED_UP, (character) => character.normalize('NFKC'))
    .normalize('NFC');
  return stripHtml(readable);
}
