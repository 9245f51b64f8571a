import { matchesOf } from './matches-of.js';

/** How far after its name a sentence may name the secret itself, in words and characters. */
const WORDS_MAX = 16;
const REACH = 180;
/** A value may stand this far before the name. */
const BEFORE_REACH = 96;

/** A word of a sentence, with its place in the text. */
export interface Word {
  /** Without quotes, brackets and punctuation around it. */
  readonly text: string;
  readonly lower: string;
  readonly start: number;
  readonly end: number;
  readonly isQuoted: boolean;
  /** Signs between the word before and this one, or at the end of the word before. */
  readonly sign: string;
}

const WORD = /\S+/g;
const OPENING = /^["'`([{<*_]+/;
const CLOSING = /["'`)\]}>*_,;:.!?=]+$/;
const SENTENCE_END = /[.!?]["')]?$/;
const ABBREVIATION = /^(?:i\.e|e\.g|z\.b|bzw|approx|no|nr|\d{1,2})\.$/i;
/** Words with which the next sentence still speaks of the same thing. */
const STILL_ABOUT =
  /^(?:i|i'm|we|my|it|it's|its|this|that|new|the|es|das|neue[rs]?|c'est|il|elle|la|el|het|nuova|nueva|nova)$/i;

/** The words after a place, up to the end of the line and of what the sentence says of the same thing. */
export function wordsAfter(text: string, from: number): readonly Word[] {
  const line = text.slice(from, from + REACH).split('\n', 1)[0] as string;
  return wordsIn(text, from, from + line.length).slice(0, WORDS_MAX);
}

/** The words of the same sentence and line before a place, the nearest last. */
export function wordsBefore(text: string, to: number): readonly Word[] {
  const line = text
    .slice(Math.max(0, to - BEFORE_REACH), to)
    .split('\n')
    .at(-1) as string;
  const sentence = line.slice(line.search(/[^.!?]*(?:[.!?]\S[^.!?]*)*$/));
  return wordsIn(text, to - sentence.length, to);
}

/** The words of a stretch of one line, up to the end of the sentence. */
function wordsIn(text: string, from: number, to: number): readonly Word[] {
  const words: Word[] = [];
  let sign = '';
  let ended = false;
  for (const match of matchesOf(text.slice(from, to), WORD)) {
    const raw = match[0];
    const opening = OPENING.exec(raw)?.[0] ?? '';
    const closing = raw.length > opening.length ? (CLOSING.exec(raw)?.[0] ?? '') : '';
    const kept = /^!+/.exec(closing)?.[0] ?? '';
    const start = from + match.index + opening.length;
    const end = Math.max(start, from + match.index + raw.length - closing.length + kept.length);
    const value = text.slice(start, end);
    if (!/[A-Za-z\d]/.test(value)) {
      sign += raw;
      continue;
    }
    if (ended && !STILL_ABOUT.test(value)) break;
    ended = SENTENCE_END.test(raw) && !ABBREVIATION.test(raw);
    words.push({
      text: value,
      lower: value.toLowerCase(),
      start,
      end,
      isQuoted: /["'`]/.test(opening),
      sign: sign + opening,
    });
    sign = closing;
  }
  return words;
}
