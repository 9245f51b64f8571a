import { secretNameRule } from './secret-names.js';
import { isPlainText, sanitizeTextWith } from './text.js';
import { isTellingKey } from './value.js';

/** Texts and keys that were seen to be clean; the oldest of more are looked at again. */
const REMEMBERED_MAX = 1_000;
const REMEMBERED_CHARACTERS_MAX = 200;

/** A question whose answer follows from the text alone, asked once for each of the latest texts. */
function remembered(ask: (text: string) => boolean): (text: string) => boolean {
  const answers = new Map<string, boolean>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = ask(text);
    if (text.length > REMEMBERED_CHARACTERS_MAX) return answer;
    if (answers.size >= REMEMBERED_MAX)
      for (const oldest of answers.keys()) {
        answers.delete(oldest);
        break;
      }
    answers.set(text, answer);
    return answer;
  };
}

const isPlainKey = remembered(
  (key) => !isTellingKey(key) && secretNameRule(key) === undefined && sanitizeTextWith(key, {}) === key,
);
const isCleanMessage = remembered((text) => sanitizeTextWith(text, { nameBefore: 'msg' }) === text);

/**
 * Whether a record is one that `sanitizeValue` would leave as it is, as most log lines of the program's own making
 * are: ids, times, counts, and messages seen before. False says nothing.
 */
export function isPlainRecord(record: object): boolean {
  for (const [key, value] of Object.entries(record))
    if (!isPlainKey(key) || !isPlainValue(key, value)) return false;
  return true;
}

function isPlainValue(key: string, value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return isPlainText(value) || (key === 'msg' && isCleanMessage(value));
    case 'number':
      return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    case 'boolean':
      return true;
    default:
      return value === null;
  }
}
