/** Letters of other scripts that look like Latin ones, and typographic signs, each with its ASCII twin. */
const TWINS: ReadonlyMap<string, string> = new Map(
  [
    ['аɑα', 'a'],
    ['сϲ', 'c'],
    ['ԁ', 'd'],
    ['еє', 'e'],
    ['һ', 'h'],
    ['іıι', 'i'],
    ['јϳ', 'j'],
    ['кκ', 'k'],
    ['ӏ', 'l'],
    ['οо', 'o'],
    ['рρ', 'p'],
    ['ԛ', 'q'],
    ['ѕ', 's'],
    ['τт', 't'],
    ['υ', 'u'],
    ['νѵ', 'v'],
    ['ԝω', 'w'],
    ['хχ', 'x'],
    ['уγ', 'y'],
    ['АΑ', 'A'],
    ['ВΒ', 'B'],
    ['С', 'C'],
    ['ЕΕ', 'E'],
    ['НΗ', 'H'],
    ['ІΙ', 'I'],
    ['Ј', 'J'],
    ['КΚ', 'K'],
    ['МΜ', 'M'],
    ['Ν', 'N'],
    ['ОΟ', 'O'],
    ['РΡ', 'P'],
    ['Ѕ', 'S'],
    ['ТΤ', 'T'],
    ['ХΧ', 'X'],
    ['УΥ', 'Y'],
    ['“”„‟«»″〝〞', '"'],
    ['‘’‚‛′ʼ', "'"],
    ['‐‑‒–—―−﹣', '-'],
    ['꞉∶ː˸', ':'],
    ['₌⹀', '='],
    ['∕⁄', '/'],
  ].flatMap(([foreign, ascii]) => [...(foreign as string)].map((letter) => [letter, ascii as string])),
);

const folded = new Map<string, string>();
const FOLDED_MAX = 4096;

/** Returns the ASCII character that a UTF-16 unit beyond ASCII looks like, or the unit itself. */
export function foldUnit(unit: string): string {
  const known = folded.get(unit);
  if (known !== undefined) return known;
  const base = unit.normalize('NFKD').charAt(0);
  const result = TWINS.get(unit) ?? (/^[ -~]$/.test(base) ? base : (TWINS.get(base) ?? unit));
  if (folded.size < FOLDED_MAX) folded.set(unit, result);
  return result;
}

/**
 * Returns a text of the same length in which look-alikes of ASCII characters (full width, Cyrillic and Greek
 * twins, accents, typographic quotes) stand as ASCII, so that positions in the one are positions in the other.
 */
export function foldText(text: string): string {
  return text.replace(/[^\0-\x7f]/g, foldUnit);
}
