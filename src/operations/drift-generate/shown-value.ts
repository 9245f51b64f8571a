import { bounded } from '../../runs/run-events.js';
import { sanitizeTextWith } from '../../sanitize/text.js';
import { isRedacted, withVisibleCharacters } from './visible-text.js';

/** Longest value that is shown whole, in characters. */
export const WHOLE_LENGTH_MAX = 600;

/**
 * A value as it may be shown: sanitized, with invisible characters and markup made visible unless the value holds
 * a secret. `name` is the name of the setting; from it the sanitizer knows that a value is a thumbprint or another
 * public constant.
 */
export function shownValue(value: string, name: string, lengthMax = WHOLE_LENGTH_MAX): string {
  const safe = sanitizeTextWith(value, { nameBefore: name });
  if (safe === value || isRedacted(safe)) return bounded(safe, lengthMax);
  return bounded(sanitizeTextWith(withVisibleCharacters(value), { nameBefore: name }), lengthMax);
}

/** Limits for the shown values of one list, so that a large list leaves room for other lists. */
const VALUES_MAX = 60;
const VALUES_BYTES_MAX = 4 * 1024;

/** The values of a list as they may be shown; when some are left out, the last entry counts them. */
export function shownList(values: readonly string[], name: string): string[] {
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

/** The name of a setting: the last part of its path. */
export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
