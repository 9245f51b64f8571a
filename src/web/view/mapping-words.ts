import type { Difference } from '../../mapping/propose.js';

const DIFFERENCES: Readonly<Record<Difference, string>> = {
  renamed: 'same id, another name now',
  unknown_name: 'same id; its name at the time of the backup isn’t known',
  twin: 'same name as another one',
  other_id: 'same name, while the id belongs to another name',
  dynamic: 'a rule decides about its members',
  looks_same: 'looks the same and isn’t exactly (Unicode form, or what can’t be seen or is masked)',
  letter_case: 'other letter case',
  spaces: 'other spaces',
  invisible_characters: 'other invisible characters',
  unicode_form: 'other Unicode form of the same characters',
};

/** How an offered object differs from the wanted one, in words. */
export const differenceWords = (differences: readonly Difference[]): string =>
  differences.map((difference) => DIFFERENCES[difference]).join(', ');
