import { sha256Hex } from '../ledger/canonical-json.js';

/** A thing that gets a file of its own in a folder. */
export interface NamedFile {
  readonly folder: string;
  /** The name for people, in any form. */
  readonly name: string;
  /** Unique in the folder; it distinguishes files with similar names. */
  readonly id: string;
}

/** Together with folder and extension far below the 255 bytes and the 260 characters that systems allow. */
const STEM_UNITS_MAX = 80;
const STEM_BYTES_MAX = 160;
const EXTENSION = '.json';
const UNNAMED = 'unnamed';
/**
 * The number of hash digits after a name that occurs more than once. More digits are used when these are equal too.
 */
const HASH_DIGITS = [8, 16, 64] as const;

/** Names of devices on Windows, with any extension and with the superscript digits that count as digits there. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;
/** Separators, wildcards and quotes on any system, and characters that can't be seen. */
const NOT_IN_NAMES = /[<>:"/\\|?*\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;
/** Invisible characters, some of which change the order in which a name is shown or are ignored by file systems. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Paths for files, in the given order: `folder/name.json`. The files can be unpacked on Windows, macOS and Linux: no
 * two paths differ only in case or Unicode form, and none leads out of its folder. A file's path depends only on the
 * file itself and on files with similar names.
 */
export function filePaths(files: readonly NamedFile[]): readonly string[] {
  const stems = files.map(({ name }) => stemOf(name));
  const paths = files.map(({ folder }, index) => `${folder}/${stems[index]}${EXTENSION}`);
  for (const digits of HASH_DIGITS) {
    const counts = new Map<string, number>();
    for (const path of paths) counts.set(likeness(path), (counts.get(likeness(path)) ?? 0) + 1);
    for (const [index, { folder, id }] of files.entries()) {
      if (counts.get(likeness(paths[index] ?? '')) === 1) continue;
      const hash = sha256Hex(`${folder}\n${id}`).slice(0, digits);
      const room = { units: STEM_UNITS_MAX - digits - 1, bytes: STEM_BYTES_MAX - digits - 1 };
      paths[index] = `${folder}/${shortened(stems[index] ?? '', room)}~${hash}${EXTENSION}`;
    }
  }
  return paths;
}

/** The part of a file's name before the extension. */
function stemOf(name: string): string {
  const visible = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\s\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(NOT_IN_NAMES, '_');
  const short = shortened(visible, { units: STEM_UNITS_MAX - 1, bytes: STEM_BYTES_MAX - 1 });
  if (short === '') return UNNAMED;
  return RESERVED.test(short) ? `_${short}` : short;
}

/** Shortens a text without cutting inside a visible character, and removes spaces and dots at its ends. */
function shortened(text: string, room: { readonly units: number; readonly bytes: number }): string {
  let [short, bytes] = ['', 0];
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(trimmed(text))) {
    bytes += Buffer.byteLength(segment);
    if (short.length + segment.length > room.units || bytes > room.bytes) break;
    short += segment;
  }
  return trimmed(short);
}

/** Windows drops spaces and dots at the end of a name; a dot at the beginning hides it or leads upwards. */
const trimmed = (text: string): string => text.replace(/^[\s.]+|[\s.]+$/g, '');

/**
 * Equal for paths that some file system takes for the same, because it ignores case, Unicode form or compatibility.
 */
function likeness(path: string): string {
  return path.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD').toUpperCase();
}
