import { matchesOf } from './matches-of.js';
import type { Span } from './span.js';

const BASE64_RUN = /[A-Za-z0-9+/_-]{12,}={0,2}/g;
const HEX_RUN = /(?:\\x)?[0-9a-z]{16,}/gi;
const HEX_ONLY = /^(?:\\x|0x)?((?:[0-9a-f]{2})+)$/i;
const BYTE_LIST = /\[?\d{1,3}(?:,\s?\d{1,3}){7,}/g;
const DECODED_MIN = 6;
const ENCODED_MAX = 65_536;

/** Whether a decoded text contains anything that must be removed. */
export type Inspect = (decoded: string) => boolean;

/**
 * Finds base64, hex and byte lists that decode to a text in which `inspect` finds something. The whole encoded string
 * is removed, because half of it could still be decoded.
 */
export function findEncoded(text: string, inspect: Inspect, add: (span: Span) => void): void {
  for (const match of matchesOf(text, BASE64_RUN)) {
    if (match[0].length > ENCODED_MAX) continue;
    if (hidesSecret(match[0], inspect)) {
      add({ start: match.index, end: match.index + match[0].length, rule: 'encoded' });
      continue;
    }
    if (!match[0].includes('/')) continue;
    let start = match.index;
    for (const part of match[0].split('/')) {
      if (part.length >= 12 && hidesSecret(part, inspect))
        add({ start, end: start + part.length, rule: 'encoded' });
      start += part.length + 1;
    }
  }
  for (const match of matchesOf(text, HEX_RUN)) {
    const hex = HEX_ONLY.exec(match[0])?.[1];
    const decoded = hex === undefined ? undefined : readable(Buffer.from(hex, 'hex'));
    if (decoded !== undefined && decoded.length >= 8)
      add({ start: match.index, end: match.index + match[0].length, rule: 'encoded' });
  }
  for (const match of matchesOf(text, BYTE_LIST)) {
    const numbers = (match[0].match(/\d+/g) ?? []).map(Number);
    const decoded = numbers.every((number) => number < 256) ? readable(Buffer.from(numbers)) : undefined;
    if (decoded !== undefined && (inspect(decoded) || /^[\w~.+/=-]{16,}$/.test(decoded)))
      add({ start: match.index, end: match.index + match[0].length, rule: 'binary' });
  }
}

function hidesSecret(encoded: string, inspect: Inspect): boolean {
  const decoded = readable(Buffer.from(encoded, 'base64'));
  if (decoded === undefined) return false;
  return /^[^\s:]{1,64}:[^\s]{3,}$/.test(decoded) || inspect(decoded);
}

/** The bytes as UTF-8 or UTF-16 text, or undefined when they are neither or contain characters that no text has. */
function readable(bytes: Buffer): string | undefined {
  if (bytes.length < DECODED_MIN) return undefined;
  const isWide = bytes.length >= 8 && bytes[1] === 0 && bytes[3] === 0 && bytes[5] === 0;
  const text = bytes.toString(isWide ? 'utf16le' : 'utf8');
  return /[\0-\x08\x0e-\x1f\x7f-\x9f\uFFFD]/.test(text) ? undefined : text;
}
