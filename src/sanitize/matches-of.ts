/**
 * Goes through the matches of a global pattern like `matchAll`, but without its copy of the pattern, which costs more
 * than the search on short texts. Calls may be nested.
 */
export function* matchesOf(text: string, pattern: RegExp): Generator<RegExpExecArray> {
  let from = 0;
  for (;;) {
    pattern.lastIndex = from;
    const match = pattern.exec(text);
    if (!match) return;
    from = match.index + Math.max(match[0].length, 1);
    yield match;
  }
}
