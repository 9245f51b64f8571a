/** For each letter a to z, the letters that commonly follow it in English words and in identifiers. */
const COMMON_FOLLOWERS = (
  'bcdgiklmnprstuvy aeijloruy acehiklortuy adeilorsu acdefgilmnpqrstvwxy aefiortuy ehilnorsu aeiort ' +
  'abcdefglmnoprstvxz es eis adeiklostuy abeimopsu acdefgiklnopstuy abcdfgklmnoprstuvw aeilmoprstu u ' +
  'acdegiklmnorstuvy acefhimopstuy acehiloprstuwy bcegilmnprst aei aehinos acept nops e'
).split(' ');

const COMMON_PAIRS = (() => {
  const pairs = new Uint8Array(26 * 26);
  COMMON_FOLLOWERS.forEach((followers, first) => {
    for (const follower of followers) pairs[first * 26 + follower.charCodeAt(0) - 97] = 1;
  });
  return pairs;
})();

enum Kind {
  Other,
  Digit,
  Lower,
  Upper,
}

function kindOf(code: number): Kind {
  if (code >= 97 && code <= 122) return Kind.Lower;
  if (code >= 65 && code <= 90) return Kind.Upper;
  if (code >= 48 && code <= 57) return Kind.Digit;
  return Kind.Other;
}

/** Features of a string, counted in one pass. */
export interface Texture {
  /** Share of letter pairs that are common in words; 1 when there are too few pairs to tell. */
  readonly commonPairShare: number;
  /** Share of neighbours that are of different kinds, not counting the capital that begins a word. */
  readonly switchShare: number;
  readonly digits: number;
  readonly letters: number;
}

/** Counts how much a string of letters, digits and punctuation looks like words. */
export function textureOf(text: string): Texture {
  let pairs = 0;
  let common = 0;
  let switches = 0;
  let neighbours = 0;
  let digits = 0;
  let letters = 0;
  let previous = 0;
  let before: Kind = Kind.Other;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = kindOf(code);
    if (kind === Kind.Digit) digits++;
    else if (kind !== Kind.Other) letters++;
    if (kind !== Kind.Other && before !== Kind.Other) {
      neighbours++;
      const startsWord = kind === Kind.Upper && before === Kind.Lower;
      const endsCapital = kind === Kind.Lower && before === Kind.Upper;
      if (kind !== before && !endsCapital) switches++;
      if (kind !== Kind.Digit && before !== Kind.Digit && !startsWord) {
        pairs++;
        common += COMMON_PAIRS[((previous | 32) - 97) * 26 + (code | 32) - 97] ?? 0;
      }
    }
    previous = code;
    before = kind;
  }
  return {
    commonPairShare: pairs < 4 ? 1 : common / pairs,
    switchShare: neighbours === 0 ? 0 : switches / neighbours,
    digits,
    letters,
  };
}
