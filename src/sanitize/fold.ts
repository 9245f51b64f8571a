/**
 * Letters of other scripts that look like Latin ones, and typographic signs, each with the ASCII character that it
 * looks like.
 */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
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
    ['“”„‟«»‹›″〝〞', '"'],
    ['⇒➔➜⟶', '→'],
    ['‘’‚‛′ʼ', "'"],
    ['‐‑‒–—―−﹣', '-'],
    ['꞉∶ː˸', ':'],
    ['₌⹀', '='],
    ['∕⁄', '/'],
  ].flatMap(([foreign, ascii]) => [...(foreign as string)].map((letter) => [letter, ascii as string])),
);

const folded = new Map<string, string>();
const FOLDED_MAX = 4096;

/** Returns the ASCII character that a UTF-16 unit looks like, or the unit itself. */
export function foldUnit(unit: string): string {
  const known = folded.get(unit);
  if (known !== undefined) return known;
  const base = unit.normalize('NFKD').charAt(0);
  const result = LOOK_ALIKES.get(unit) ?? (/^[ -~]$/.test(base) ? base : (LOOK_ALIKES.get(base) ?? unit));
  if (folded.size < FOLDED_MAX) folded.set(unit, result);
  return result;
}

/**
 * Returns a text of the same length in which characters that look like ASCII ones (full width, Cyrillic and Greek
 * letters, accents, typographic quotes) are replaced by them. Positions in both texts are the same.
 */
export function foldText(text: string): string {
  return text.replace(/[^\0-\x7f]/g, foldUnit);
}
