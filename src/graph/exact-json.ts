/**
 * JSON whose integers beyond 2^53 survive. JSON.parse rounds them silently, and a rounded number would be
 * compared, stored and written back as if the tenant held it.
 */

/** A text is matched whole, so that digits inside it are left alone; so is a number with its fraction. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;
const SIXTEEN_DIGITS = /\d{16}/;

/** Parses JSON; an integer beyond 2^53 becomes its text, preceded by `mark`. Errors: SyntaxError. */
export function parseExactJson(text: string, mark = ''): unknown {
  if (!SIXTEEN_DIGITS.test(text)) return JSON.parse(text);
  const quoted = text.replace(TEXT_OR_NUMBER, (token) => {
    if (token.startsWith('"') || token.length < 16 || !/^-?\d+$/.test(token)) return token;
    return Number.isSafeInteger(Number(token)) ? token : `"${mark}${token}"`;
  });
  return JSON.parse(quoted);
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
