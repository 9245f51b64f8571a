import { matchesOf } from './matches-of.js';
import { textureOf } from './randomness.js';
import type { Span } from './span.js';

const RUN = /[A-Za-z0-9+/_=~.-]{20,}/g;
const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** A string of 20 or more characters with a higher sum of switches and uncommon pairs is no word or identifier. */
const RANDOM_SCORE_MIN = 0.42;
const RANDOM_LETTERS_SCORE_MIN = 0.5;
const PIECE_MIN = 20;
const HEX_MIN = 32;
/** A random string of `PIECE_MIN` characters has more different ones; a repeated character or word has fewer. */
const DIFFERENT_MIN = 6;

/** The text that may be between a name and its value. */
const LINK =
  '["\'`]?\\]?[ \\t]*[:=]{0,2}[ \\t]*(?:is |of |was |now at )?["\'`(]?(?:W/)?(?:\\\\{0,3}["\'])?(?:[Ss][Hh][Aa]-?\\d+[:-])?$';

/** A separate word (`request id`, `request_id`), or one at the end of a name in camel case (`requestId`). */
function word(alternatives: string): string {
  const anyCase = alternatives.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  const capitals = alternatives.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
  return `(?:(?<![A-Za-z\\d])(?:${anyCase})|[a-z\\d](?:${capitals}|IDs?))`;
}

/** Words right before a value that mark it as a digest or an identifier of any form. */
const KEPT_AFTER = new RegExp(
  `(?:${word('md5|md5sum|hash|hashes|digest|digests|checksum|integrity|etag|boundary|thumbprint|thumbprints|fingerprint|fingerabdruck|empreinte|huella|impronta|vingerafdruk|id|ids|guid|uuid|identifier|ray|kid|x5t')}|` +
    'objectGUID:?|[Pp]ublic[ _-]?[Kk]ey|[Ss][Hh][Aa]-?\\d*(?:\\([^()]{1,40}\\)| of (?:the |its )?[a-z]{1,20})?|[Ii]f-(?:[Nn]one-)?[Mm]atch|' +
    '(?:request|correlation|trace|object|tenant|device|user|policy|setting|definition|client|group|run|app)(?:id|ID))' +
    LINK,
);

/** Words that mark hexadecimal digits after them as a digest or an identifier. */
const HEX_KEPT_AFTER = new RegExp(
  word(
    'body|address|artifact|revision|commit|git|ref|trace|traceparent|span|run|runs|request|correlation|operation|activity|snapshot|' +
      'content|version|object|(?:scope|operation|idempotency|policy)[ _-]?key|root|leaf|prev|parent|chain|seal|proof|tree|build|image|serial|serial number|container|container name',
  ) + LINK,
);

/** Names that end in a certificate or an authority mark hexadecimal digits after them as its thumbprint. */
const CERTIFICATE_NAMED = new RegExp(
  `(?:certificates?|certs?|(?:trusted|root|issuing|intermediate)[ _-]?(?:root|ca)s?)${LINK}`,
  'i',
);

/** Words with which Git names its head and its files; elsewhere they have no such meaning. */
const GIT_OBJECT = /(?:\bHEAD|\bgit (?:head|blob|object))(?: is now at)?[ :]{1,2}$/;

/** A right in a security descriptor of Windows, of two letters each. */
const SECURITY_DESCRIPTOR = /\((?:A|D|AU|AL|OA|OD|XA|XD);[A-Z]{0,12};$/;

const FILE_NAME = /\bfile(?:name)?[ :="']{1,3}$/i;

const SECRET_BEFORE =
  /(?:secret|token|password|pwd|credential|api[ _-]?key|auth|session)(?:[\w-]*|[ _-]id)["'`]?\s*[:=]?\s*["'`]?$/i;

/** Words that override every exception in the same part of a sentence: `token rejected as invalid: …`. */
const SUSPICIOUS =
  /(?<![A-Za-z\d])(?:invalid|valid|rejected|refused|denied|expired|revoked|leaked|secrets?|tokens?|(?<!public[ _-]|subject |authority |scope[ _-]|operation[ _-]|idempotency[ _-]|policy[ _-])keys?(?! fingerprints?)|passwords?|credentials?)(?![A-Za-z\d])|[a-z\d](?:Secret|Token|(?<!scope|operation|idempotency|policy|public|Public)Key|Password)s?(?![a-z])/i;

/** What an unqualified id after the next comma may be the value of: `token refused, id: …`. */
const SECRET_NOUN = /(?<![A-Za-z\d])(?:secrets?|tokens?|passwords?|credentials?)(?![A-Za-z\d])/i;

/** Words in names of cipher suites, curves and algorithms. */
const PUBLIC_CONSTANT =
  /^(?:(?:TLS|SSL|ECDHE?|EDH|DHE?|RSA|DSS|ECDSA|ADH|AECDH|PSK|SRP|KRB5|ANON|WITH|AES(?:128|192|256)?|ARIA(?:128|256)?|CAMELLIA(?:128|256)?|\d{1,3}|GCM|CBC3?|CCM8?|CTR|ETM|OPENSSH|SHA(?:1|2|224|256|384|512)?|HMAC|MD5|CHACHA20|POLY1305|RC[24]|3?DES|EDE3?|SEED|IDEA|NULL|EXPORT(?:1024)?|FIPS|GOST\w{0,8}|SCSV|FALLBACK|EMPTY|RENEGOTIATION|INFO|NISTP?\d{3}|SECP\d{3}[RK]1|CURVE\d{3,5}|FFDHE\d{4}|P\d{3})(?:[_-]|$))+$/i;

/** The name and version of an object in an Azure key vault, in its address. */
const VAULT_OBJECT = /^(?:net\/)?(?:keys|secrets|certificates)\/[\w-]{1,127}\/[0-9a-f]{32}$/i;

/** The lengths of digests in hexadecimal digits, and the words that announce them on the same line. */
const DIGEST_WORDS: Readonly<Record<number, RegExp>> = {
  32: /\bmd5/i,
  40: /\bsha-?1\b/i,
  64: /\bsha-?256/i,
  96: /\bsha-?384/i,
  128: /\bsha-?512/i,
};

/** Identifiers beside the word for a secret: of a sign-in, of a version in a vault, of a certificate, of a digest. */
const IDENTIFIED: ReadonlyArray<readonly [form: RegExp, words: RegExp]> = [
  [/^[\w-]{20,28}$/, /unique[ _-]?token[ _-]?identifier["'`]?\W{1,4}$/i],
  [/^[0-9a-f]{32}$/, /\b(?:secret|key|certificate)\b[^\n]{0,40} version[ :=]{1,3}$/i],
  [/^[0-9A-F]{40}$/, /(?:^|\n)[ \t]*$/],
  [/^[0-9a-f]{32,128}$/i, /\b(?:md5|sha-?\d{1,3})[^\S\n]*\n$/i],
];

const CONTEXT_REACH = 48;

/**
 * Finds long strings that are too random to be words, names or identifiers. `nameBefore` is the key of the text, if
 * any: a digest under `hash` and an identifier under `id` are kept.
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
  // OpenSSH prints fingerprints of public keys so.
  if (value.length === 43 && /(?<![\w{])SHA256:$/.test(before)) return true;
  if (VAULT_OBJECT.test(value) && /\.vault\.[a-z./]{3,32}$/i.test(before)) return true;
  if (IDENTIFIED.some(([form, words]) => form.test(value) && words.test(before))) return true;
  if (SECRET_BEFORE.test(before)) return false;
  // Only the part of the sentence with the value says what the value is.
  const part = /[^,;|{}\n]*$/.exec(before)?.[0] ?? before;
  if (SUSPICIOUS.test(part)) return false;
  if (DIGEST_WORDS[value.length]?.test(part) && /^[0-9a-f]+$/i.test(value)) return true;
  if (/^\s*ids?\W*$/i.test(part) && SECRET_NOUN.test(before)) return false;
  if (/^sha(?:256|384|512)[-/]/i.test(value) || ULID.test(value)) return true;
  if (KEPT_AFTER.test(before) || SECURITY_DESCRIPTOR.test(before) || FILE_NAME.test(before)) return true;
  return (
    /^[0-9a-f]+$/i.test(value) &&
    (HEX_KEPT_AFTER.test(before) || CERTIFICATE_NAMED.test(before) || GIT_OBJECT.test(before))
  );
}

/**
 * Cuts a string where names are joined: at dots, and at slashes and equal signs if every part is readable. A base64
 * string, which contains slashes and plus signs, stays in one piece.
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
  return texture.digits > 0 && 1 - texture.commonPairShare + texture.switchShare >= RANDOM_SCORE_MIN;
}

const GUID_ONCE = new RegExp(GUID.source, 'i');

function isRandom(piece: string): boolean {
  if (piece.length < PIECE_MIN) return false;
  const value = piece
    .replace(GUID, '')
    .replace(/_[a-hjkmnp-tv-z0-9]{13}$/, '')
    .replace(POD_ENDING, '');
  if (value.length < PIECE_MIN) return false;
  // Names of the log's own streams look like this.
  if (
    /^(?:run|operation|tenant|member|person|scope|snapshot|policy|finding|stream|schedule|mapping|backupset|worker)-[0-9a-f]{32}$/.test(
      value,
    )
  )
    return false;
  if (/^[0-9a-f]+$/i.test(value)) return value.length >= HEX_MIN && isHexSecret(value);
  // A run's id is 32 hexadecimal digits and a number; a trace parent is four groups of digits.
  if (/^(?:[0-9a-f]+-)+[0-9a-f]+$/i.test(value)) return false;
  // Identifiers of browser extensions are 32 letters from a to p.
  if (/^[a-p]{32}$/.test(value)) return false;
  const texture = textureOf(value);
  if (texture.letters < 8 || new Set(value.toLowerCase()).size < DIFFERENT_MIN) return false;
  const score = 1 - texture.commonPairShare + texture.switchShare;
  const isUnlikeWords = score >= (texture.digits > 0 ? RANDOM_SCORE_MIN : RANDOM_LETTERS_SCORE_MIN);
  return isUnlikeWords && !PUBLIC_CONSTANT.test(value);
}

/** Identifiers that begin with their time (ULID); those of this century begin with 01, which base32 doesn't have. */
const ULID = /^01[0-9A-HJKMNP-TV-Z]{24}$/;

/** The end of a pod's name in Kubernetes, in its own alphabet without vowels. */
const POD_ENDING = /-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/;

function isHexSecret(value: string): boolean {
  return /[a-f]/i.test(value) && /\d/.test(value);
}
