import { stripHtml } from './html.js';

/** Sequences that control a terminal, begun by ESC or by one control character of C1. */
const ANSI_SEQUENCE = new RegExp(
  [
    '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]',
    // A string ends where the next one begins, so that no character is read twice.
    '(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u0090\\u0098\\u009b-\\u009f\\n]{0,2048}(?:\\u0007|\\u009c|\\u001b\\\\)',
    '\\u001b[ -/]*[0-~]',
  ].join('|'),
  'g',
);

/** Control, format, private use and lone surrogate characters, and those that fonts don't show. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/u;
const INVISIBLE_EXCEPT_BREAKS = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;

/** Letters and digits in mathematical or boxed style; they are replaced by plain ones. */
const STYLED_CHARACTERS = /[\u{1D400}-\u{1D7FF}\u{1F130}-\u{1F189}]/gu;

const PLAIN_ASCII = /^[\n\t -;=?-~]*$/;

/** Whether a reader wouldn't see a character, which could therefore split a secret in two. */
export function isInvisible(character: string): boolean {
  return INVISIBLE.test(character);
}

/**
 * Removes what no reader should get: terminal sequences, control and invisible characters, lone surrogates and HTML
 * markup. Line ends become \n, and Unicode is composed (NFC). ASCII text without `<` and `>` is returned unchanged.
 */
export function cleanText(text: string): string {
  return PLAIN_ASCII.test(text) ? text : stripHtml(readableText(text));
}

/** Whether a text has HTML markup, which `cleanText` removes without leaving a mark. */
export function hasMarkup(text: string): boolean {
  const readable = readableText(text);
  return stripHtml(readable) !== readable;
}

function readableText(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(ANSI_SEQUENCE, '')
    .replace(INVISIBLE_EXCEPT_BREAKS, '')
    .replace(STYLED_CHARACTERS, (character) => character.normalize('NFKC'))
    .normalize('NFC');
}
