import type { ChangeWord, Evidence } from '../../operations/drift-generate/drift-events.js';

type Change = Evidence['settingsChanged'][number];

/** Sentences about a change that its two values don't show. */
export function changeSentences(change: Change): readonly string[] {
  return change.words.map((word) => sentenceOf(word, change));
}

function sentenceOf(word: ChangeWord, { at, unchanged }: Change): string {
  switch (word) {
    case 'order_changed':
      return 'Order changed: the order of this list has a meaning.';
    case 'secret':
      return 'This is a secret, so both sides are masked.';
    case 'differs_where_masked':
      return 'The two differ where something was masked.';
    case 'looks_alike':
      return `The two differ in characters that look alike or can’t be seen${at ? `: ${placeOf(at)}` : ''}.`;
    case 'excerpt':
      return `Shown around the first difference${at ? `: ${placeOf(at)}` : ''}.`;
    case 'part_of_list':
      return unchanged > 0
        ? `Only removed and added entries are shown; ${unchanged} more did not change.`
        : 'Only part of a long list is shown.';
  }
}

function placeOf(at: NonNullable<Change['at']>): string {
  const line = at.line > 1 ? `line ${at.line}, ` : '';
  const named = at.before !== null || at.after !== null;
  const characters = named ? `, ${at.before ?? 'its end'} became ${at.after ?? 'its end'}` : '';
  return `${line}character ${at.character.toLocaleString('en')}${characters}`;
}
