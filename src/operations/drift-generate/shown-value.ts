import { bounded } from '../../runs/run-events.js';
import { sanitizeTextWith } from '../../sanitize/text.js';
import { isRedacted, withVisibleCharacters } from './visible-text.js';

/** Longest value that is shown whole, in characters. */
export const WHOLE_LENGTH_MAX = 600;

/**
 * A value as it may be shown: sanitized, unseen characters and markup made visible where that gives nothing away.
 * `name` is the setting's, by which the sanitizer knows a thumbprint or another public constant.
 */
export function shownValue(value: string, name: string, lengthMax = WHOLE_LENGTH_MAX): string {
  const safe = sanitizeTextWith(value, { nameBefore: name });
  if (safe === value || isRedacted(safe)) return bounded(safe, lengthMax);
  return bounded(sanitizeTextWith(withVisibleCharacters(value), { nameBefore: name }), lengthMax);
}

/** Most values of one list that are shown, and most bytes of them, so that a large list leaves room for others. */
const VALUES_MAX = 60;
const VALUES_BYTES_MAX = 4 * 1024;

/** The values of a list as they may be shown; the last one counts those left out. */
export function shownValues(values: readonly string[], name: string): string[] {
  const texts: string[] = [];
  let bytes = 0;
  for (const value of values.slice(0, VALUES_MAX)) {
    const shown = shownValue(value, name);
    bytes += Buffer.byteLength(JSON.stringify(shown));
    if (bytes > VALUES_BYTES_MAX) break;
    texts.push(shown);
  }
  if (texts.length < values.length) texts.push(`… and ${values.length - texts.length} more`);
  return texts;
}

/** The last part of a setting's path: what it is called. */
export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
