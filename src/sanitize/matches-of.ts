/**
 * Goes through the matches of a global pattern as `matchAll` does, without the copy of the pattern that
 * `matchAll` makes each time: on short texts that costs more than the search. Safe to nest.
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
