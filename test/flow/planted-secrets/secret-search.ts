/**
 * Finds secrets in any bytes: unchanged, in the encodings that programs usually apply, complete or cut off. One pass
 * searches for all forms of all secrets.
 */
export interface Secret {
  /** What the secret is and where it was planted, for the report. It isn't the secret itself. */
  readonly name: string;
  /** The secret part, at least 12 ASCII characters. */
  readonly core: string;
}

export interface SecretSearch {
  /** The names of the secrets that were found, each with the form in which it was found. */
  in(bytes: Uint8Array): string[];
}

/** The shortest part of a secret that counts as a leak. */
const PIECE_CHARACTERS = 12;
const PREFIX_BYTES = 4;
const FILTER_BITS = 20;

interface Needle {
  readonly bytes: Buffer;
  readonly what: string;
}

export function createSecretSearch(secrets: readonly Secret[]): SecretSearch {
  const byPrefix = new Map<number, Needle[]>();
  // A table of bits tells quickly that no secret begins at most positions.
  const filter = new Uint8Array(1 << FILTER_BITS);
  const slot = (prefix: number) => Math.imul(prefix, 0x9e3779b1) >>> (32 - FILTER_BITS);
  for (const needle of secrets.flatMap(needlesOf)) {
    const prefix = needle.bytes.readUInt32LE(0);
    filter[slot(prefix)] = 1;
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), needle]);
  }
  return {
    in(haystack) {
      const found = new Set<string>();
      const bytes = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength);
      let prefix = 0;
      for (let end = 0; end < bytes.length; end++) {
        prefix = (prefix >>> 8) | ((bytes[end] ?? 0) << 24);
        if (filter[slot(prefix)] === 0 || end < PREFIX_BYTES - 1) continue;
        const start = end - PREFIX_BYTES + 1;
        for (const needle of byPrefix.get(prefix >>> 0) ?? [])
          if (bytes.subarray(start, start + needle.bytes.length).equals(needle.bytes)) found.add(needle.what);
      }
      return [...found].sort();
    },
  };
}

function needlesOf({ name, core }: Secret): Needle[] {
  if (core.length < PIECE_CHARACTERS) throw new RangeError(`${name} is too short to be told from chance`);
  const pieces = new Set([core, core.slice(0, PIECE_CHARACTERS), core.slice(-PIECE_CHARACTERS)]);
  return [...pieces].flatMap((piece) =>
    formsOf(piece).map(([form, bytes]) => ({
      bytes,
      what: `${name}${piece === core ? '' : ', cut off'} (${form})`,
    })),
  );
}

/** The usual forms of a text, each once. */
export function formsOf(text: string): [form: string, bytes: Buffer][] {
  const plain = Buffer.from(text);
  const html = text.replace(/[^A-Za-z0-9 ]/g, (character) => `&#${character.charCodeAt(0)};`);
  const namedHtml = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const forms: [string, Buffer][] = [
    ['as it is', plain],
    ['JSON', Buffer.from(JSON.stringify(text).slice(1, -1))],
    ['JSON in JSON', Buffer.from(JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1))],
    ['percent-encoded', Buffer.from(encodeURIComponent(text))],
    ['percent-encoded twice', Buffer.from(encodeURIComponent(encodeURIComponent(text)))],
    ['HTML', Buffer.from(html)],
    ['HTML, by name', Buffer.from(namedHtml)],
    ['hex', Buffer.from(plain.toString('hex'))],
    ['hex in capitals', Buffer.from(plain.toString('hex').toUpperCase())],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ...[0, 1, 2].flatMap((offset): [string, Buffer][] => {
      const base64 = base64Inside(plain, offset);
      return [
        ['base64', Buffer.from(base64)],
        ['base64url', Buffer.from(base64.replaceAll('+', '-').replaceAll('/', '_'))],
      ];
    }),
  ];
  const seen = new Set<string>();
  return forms.filter(([, bytes]) => {
    const key = bytes.toString('latin1');
    return !seen.has(key) && seen.add(key);
  });
}

/** The base64 characters that depend on the bytes alone, when `offset` other bytes come before them. */
function base64Inside(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(Math.ceil((offset * 8) / 6), whole);
}
