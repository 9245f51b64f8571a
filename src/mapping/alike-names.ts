/** A difference between two names that look the same to a reader. */
export type NameDifference = 'spaces' | 'invisible_characters' | 'letter_case' | 'unicode_form';

type Step = (name: string) => string;

/** The step that removes each kind of difference from a name. */
const STEPS: Readonly<Record<NameDifference, Step>> = {
  // Compatible forms too: full-width letters, ligatures and superscripts.
  unicode_form: (name) => name.normalize('NFKC'),
  invisible_characters: (name) =>
    name.replace(/[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/gu, (one) => (/\s/.test(one) ? one : '')),
  spaces: (name) => name.replace(/\s+/gu, ' ').trim(),
  // Upper case first, so that “ß” and “SS” are the same.
  letter_case: (name) => name.toUpperCase().toLowerCase(),
};
/** The order in which the steps are applied. */
const ORDER: readonly NameDifference[] = ['unicode_form', 'invisible_characters', 'spaces', 'letter_case'];

/** Names with the same key are alike: they differ in spaces, invisible characters, case or Unicode form only. */
export const alikeKey = (name: string): string => withoutDifferences(name, ORDER);

/**
 * The fewest differences that explain why two names aren't equal. Empty for equal names, and null for names that
 * aren't alike.
 */
export function nameDifferences(one: string, other: string): readonly NameDifference[] | null {
  const explains = (steps: readonly NameDifference[]) =>
    withoutDifferences(one, steps) === withoutDifferences(other, steps);
  if (!explains(ORDER)) return null;
  return [...ORDER].reduce<readonly NameDifference[]>((needed, step) => {
    const without = needed.filter((each) => each !== step);
    return explains(without) ? without : needed;
  }, ORDER);
}

/**
 * Applies the steps until nothing changes: NFKC joins a letter and its accent once the character between is removed.
 */
function withoutDifferences(name: string, steps: readonly NameDifference[]): string {
  let before: string;
  let now = name;
  do {
    before = now;
    now = steps.reduce((text, step) => STEPS[step](text), before);
  } while (now !== before);
  return now;
}
