/**
 * Characters that are invisible or look like a common space: control, format, private-use and special space
 * characters.
 */
const UNSEEN = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\u2028\u2029]|(?! )\p{Zs}/gu;
/** Markup, which the sanitizer takes out. */
const MARKUP = /[<>]/g;
/** The sanitizer puts this in the place of a secret. */
const REDACTED = /\[redacted:/;

/** Whether the sanitizer took something out that may be a secret. */
export const isRedacted = (text: string): boolean => REDACTED.test(text);

/**
 * A text with its invisible characters written as `⟨U+F000⟩` and its angle brackets as `‹ ›`, so that the
 * sanitizer doesn't remove them. Only for texts in which the sanitizer found no secret, because such a character
 * inside a secret would hide the secret from the sanitizer.
 */
export function withVisibleCharacters(text: string): string {
  return text
    .replace(UNSEEN, (character) => `⟨${codePointName(character)}⟩`)
    .replace(MARKUP, (bracket) => (bracket === '<' ? '‹' : '›'));
}

/** The name of a character's code point, such as `U+F000`. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * Equal for texts that look the same to a reader: it ignores spaces, compatibility forms of letters and invisible
 * characters.
 */
export function lookOf(text: string): string {
  return text.normalize('NFKC').replace(UNSEEN, '').replace(/\s+/g, ' ').trim();
}
