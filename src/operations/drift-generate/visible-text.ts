/** What a reader wouldn't see, or would take for a common space: control, format, private-use and odd space characters. */
const UNSEEN = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\u2028\u2029]|(?! )\p{Zs}/gu;
/** Markup, which the sanitizer takes out. */
const MARKUP = /[<>]/g;
/** What the sanitizer leaves in a secret's place. */
const REDACTED = /\[redacted:/;

/** Whether the sanitizer took something out that may be a secret. */
export const isRedacted = (text: string): boolean => REDACTED.test(text);

/**
 * A text with its unseen characters written as `⟨U+F000⟩` and its angle brackets as `‹ ›`, so that the sanitizer leaves
 * them. Only for texts in which the sanitizer found no secret: a character in the midst of one would hide it.
 */
export function withVisibleCharacters(text: string): string {
  return text
    .replace(UNSEEN, (character) => `⟨${codePointName(character)}⟩`)
    .replace(MARKUP, (bracket) => (bracket === '<' ? '‹' : '›'));
}

/** Such as `U+F000`. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Equal for texts that a reader takes for the same: spaces, forms of one letter and unseen characters count no more. */
export function lookOf(text: string): string {
  return text.normalize('NFKC').replace(UNSEEN, '').replace(/\s+/g, ' ').trim();
}
