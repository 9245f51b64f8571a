/** How many characters at the end of a long title always stay: similar titles mostly differ at their end. */
const TAIL_CHARACTERS = 22;
/** A title that isn't longer than this is not divided. */
const WHOLE_CHARACTERS = 36;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Divides a title into a head, which a narrow row may cut, and a tail that stays. The tail begins at the start of a
 * word if there is one nearby.
 */
export function cutMiddle(title: string): { readonly head: string; readonly tail: string } {
  if (title.length <= WHOLE_CHARACTERS) return { head: title, tail: '' };
  const characters = [...graphemes.segment(title)].map(({ segment }) => segment);
  if (characters.length <= WHOLE_CHARACTERS) return { head: title, tail: '' };
  const tail = characters.slice(-TAIL_CHARACTERS).join('');
  const space = tail.indexOf(' ');
  const kept = space >= 0 && space < TAIL_CHARACTERS / 2 ? tail.slice(space) : tail;
  return { head: title.slice(0, title.length - kept.length), tail: kept };
}
