import { secretNameRule } from './secret-names.js';
import { isPlainText, sanitizeTextWith } from './text.js';
import { mayHideValue } from './value.js';

/** Texts and keys whose answers are kept; the oldest one is dropped for a new one. */
const REMEMBERED_MAX = 1_000;
const REMEMBERED_CHARACTERS_MAX = 200;

/** Keeps the answers of a test that depends on the text alone, for the most recent texts. */
function memoized(ask: (text: string) => boolean): (text: string) => boolean {
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

const isPlainKey = memoized(
  (key) => !mayHideValue(key) && secretNameRule(key) === undefined && sanitizeTextWith(key, {}) === key,
);
const isCleanMessage = memoized((text) => sanitizeTextWith(text, { nameBefore: 'msg' }) === text);

/**
 * Whether `sanitizeValue` would certainly leave a record unchanged. That is true of most of the program's own log
 * lines: ids, times, counts, and recently seen messages. False leaves it open.
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
