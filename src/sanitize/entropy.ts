import { matchesOf } from './matches-of.js';
import { textureOf } from './randomness.js';
import type { Span } from './span.js';

const RUN = /[A-Za-z0-9+/_=~.-]{20,}/g;
const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** Beyond this sum of unrest and un-wordiness a string of 20 and more characters is no word or identifier. */
const RANDOM_SCORE_MIN = 0.42;
const RANDOM_LETTERS_SCORE_MIN = 0.5;
const PIECE_MIN = 20;
const HEX_MIN = 32;

const LINK = '["\'`]?\\]?[ \\t]*[:=]{0,2}[ \\t]*(?:is |of |was )?["\'`(]?(?:W/")?(?:sha-?\\d+[:-])?$';

/** Words right before a value that say it's a digest or an identifier of any form. */
const KEPT_AFTER = new RegExp(
  `(?:\\b|_|[a-z])(?:sha-?\\d*|md5|hash|hashes|digest|digests|checksum|etag|thumbprint|fingerprint|id|ids|if-match|if-none-match)${LINK}`,
  'i',
);

/** Words after which hexadecimal digits are a digest or an identifier. */
const HEX_KEPT_AFTER = new RegExp(
  '(?:\\b|_|[a-z])(?:revision|commit|git|ref|trace|traceparent|span|run|runs|request|correlation|operation|activity|' +
    `snapshot|content|version|object|blob|scope_key|scopekey|head|root|leaf|prev|chain|seal|proof|tree|build|image)${LINK}`,
  'i',
);

const SECRET_BEFORE =
  /(?:secret|token|password|pwd|credential|api[ _-]?key|auth|session)(?:[\w-]*|[ _-]id)["'`]?\s*[:=]?\s*["'`]?$/i;

const CONTEXT_REACH = 48;

/**
 * Finds long strings too random to be words, names or identifiers. `nameBefore` is the key under which the
 * text stands, if any: a digest under `hash` and an identifier under `id` stay.
 */
export function findRandom(text: string, nameBefore: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, RUN)) {
    for (const piece of piecesOf(match[0])) {
      const start = match.index + piece.start;
      const end = match.index + piece.end;
      const value = text.slice(start, end);
      if (!isRandom(value)) continue;
      const before = `${nameBefore}${nameBefore === '' ? '' : ': '}${text.slice(Math.max(0, start - CONTEXT_REACH), start)}`;
      if (isNamedDigest(value, before)) continue;
      add({ start, end, rule: 'entropy' });
    }
  }
}

function isNamedDigest(value: string, before: string): boolean {
  if (SECRET_BEFORE.test(before)) return false;
  return KEPT_AFTER.test(before) || (/^[0-9a-f]+$/i.test(value) && HEX_KEPT_AFTER.test(before));
}

/**
 * Cuts a run where names are joined: at dots, and at slashes and equal signs where every part is readable.
 * A base64 string, which has slashes and plus signs inside, stays in one piece.
 */
function piecesOf(run: string): ReadonlyArray<{ start: number; end: number }> {
  const pieces: Array<{ start: number; end: number }> = [];
  for (const part of split(run, /\.|=(?=[^=])/g)) {
    const value = run.slice(part.start, part.end);
    if (!/[/~]/.test(value) || looksLikeBase64(value)) pieces.push(part);
    else
      for (const inner of split(value, /[/~]/g))
        pieces.push({ start: part.start + inner.start, end: part.start + inner.end });
  }
  return pieces;
}

function split(text: string, at: RegExp): ReadonlyArray<{ start: number; end: number }> {
  const parts: Array<{ start: number; end: number }> = [];
  let start = 0;
  for (const match of matchesOf(text, at)) {
    parts.push({ start, end: match.index });
    start = match.index + 1;
  }
  parts.push({ start, end: text.length });
  return parts;
}

function looksLikeBase64(value: string): boolean {
  if (value.startsWith('/') || /_/.test(value) || GUID_ONCE.test(value)) return false;
  const texture = textureOf(value);
  return texture.digits > 0 && 1 - texture.wordiness + texture.unrest >= RANDOM_SCORE_MIN;
}

const GUID_ONCE = new RegExp(GUID.source, 'i');

function isRandom(piece: string): boolean {
  if (piece.length < PIECE_MIN) return false;
  const value = piece.replace(GUID, '').replace(/_[a-hjkmnp-tv-z0-9]{13}$/, '');
  if (value.length < PIECE_MIN) return false;
  if (/^[0-9a-f]+$/i.test(value)) return value.length >= HEX_MIN && isHexSecret(value);
  // A run's id is 32 hexadecimal digits and a number; a trace parent is four such groups.
  if (/^(?:[0-9a-f]+-)+[0-9a-f]+$/i.test(value)) return false;
  // Identifiers of browser extensions are 32 letters from a to p.
  if (/^[a-p]{32}$/.test(value)) return false;
  const texture = textureOf(value);
  if (texture.letters < 8) return false;
  const score = 1 - texture.wordiness + texture.unrest;
  return score >= (texture.digits > 0 ? RANDOM_SCORE_MIN : RANDOM_LETTERS_SCORE_MIN);
}

function isHexSecret(value: string): boolean {
  return /[a-f]/i.test(value) && /\d/.test(value);
}
