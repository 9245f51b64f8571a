/**
 * Parses JSON without rounding integers beyond 2^53. JSON.parse rounds them silently, and the rounded number would
 * be compared, stored and written back as if it were the tenant's.
 */

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d{16,}$/;
const SIXTEEN_DIGITS = /\d{16}/;

/** Parses JSON; an integer beyond 2^53 becomes its text, preceded by `mark`. Errors: SyntaxError. */
export function parseExactJson(text: string, mark = ''): unknown {
  if (!SIXTEEN_DIGITS.test(text)) return JSON.parse(text);
  const quote = (number: string) =>
    INTEGER.test(number) && !Number.isSafeInteger(Number(number)) ? `"${mark}${number}"` : number;
  const pieces: string[] = [];
  // A single regular expression for texts and numbers would exhaust its stack on a text of some megabytes.
  for (let position = 0; position < text.length; ) {
    const opening = text.indexOf('"', position);
    const outside = text.slice(position, opening < 0 ? text.length : opening);
    pieces.push(outside.replace(NUMBER, quote));
    if (opening < 0) break;
    position = endOfText(text, opening);
    pieces.push(text.slice(opening, position));
  }
  return JSON.parse(pieces.join(''));
}

/** The index after the closing quotation mark of the text that begins at `opening`. */
function endOfText(text: string, opening: number): number {
  for (let from = opening + 1; ; ) {
    const closing = text.indexOf('"', from);
    if (closing < 0) return text.length;
    let backslashes = 0;
    while (text[closing - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return closing + 1;
    from = closing + 1;
  }
}

/** The depth of nesting of a parsed value, counted without recursion and no further than `limit` + 1. */
export function nestingDepth(value: unknown, limit: number): number {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= limit; depth++) {
    level = level.flatMap((entry) =>
      entry !== null && typeof entry === 'object' ? Object.values(entry) : [],
    );
    if (level.length === 0) return depth;
  }
  return limit + 1;
}
