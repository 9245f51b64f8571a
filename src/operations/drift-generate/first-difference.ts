/** Where two texts differ first, counted from 1 in code points and lines. */
export interface FirstDifference {
  readonly character: number;
  readonly line: number;
  /** The characters there; null where a text has ended. */
  readonly before: string | null;
  readonly after: string | null;
  /** UTF-16 units before the difference. */
  readonly index: number;
}

/** The first difference of two texts that differ. */
export function firstDifference(before: string, after: string): FirstDifference {
  let index = 0;
  while (index < before.length && index < after.length && before[index] === after[index]) index += 1;
  // The second half of a surrogate pair belongs to the character before it.
  if (index > 0 && isHighSurrogate(before.charCodeAt(index - 1))) index -= 1;
  const same = before.slice(0, index);
  return {
    character: codePoints(same) + 1,
    line: same.split(/\r\n|\r|\n/).length,
    before: characterAt(before, index),
    after: characterAt(after, index),
    index,
  };
}

function characterAt(text: string, index: number): string | null {
  const point = text.codePointAt(index);
  return point === undefined ? null : String.fromCodePoint(point);
}

function codePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) if (!isHighSurrogate(text.charCodeAt(index))) count += 1;
  return count;
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
