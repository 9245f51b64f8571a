import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { isRedacted, withVisibleCharacters } from './visible-text.js';

/** Longest value that is shown whole, in characters. */
export const WHOLE_LENGTH_MAX = 600;

/** A value as it may be shown: sanitized, unseen characters and markup made visible where that gives nothing away. */
export function shownValue(value: string, lengthMax = WHOLE_LENGTH_MAX): string {
  const safe = sanitizeText(value);
  if (safe === value || isRedacted(safe)) return bounded(safe, lengthMax);
  return bounded(sanitizeText(withVisibleCharacters(value)), lengthMax);
}

/** Most values of one list that are shown, and most bytes of them, so that a large list leaves room for others. */
const VALUES_MAX = 60;
const VALUES_BYTES_MAX = 4 * 1024;

/** The values of a list as they may be shown; the last one counts those left out. */
export function shownValues(values: readonly string[]): string[] {
  const texts: string[] = [];
  let bytes = 0;
  for (const value of values.slice(0, VALUES_MAX)) {
    const shown = shownValue(value);
    bytes += Buffer.byteLength(JSON.stringify(shown));
    if (bytes > VALUES_BYTES_MAX) break;
    texts.push(shown);
  }
  if (texts.length < values.length) texts.push(`… and ${values.length - texts.length} more`);
  return texts;
}
