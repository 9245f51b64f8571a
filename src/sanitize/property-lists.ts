import { isBenignValue } from './benign.js';
import { matchesOf } from './matches-of.js';
import { secretNameRule } from './secret-names.js';
import type { Span } from './span.js';

const KEY = /<key>\s{0,8}([^<]{1,120}?)\s{0,8}<\/key>\s{0,80}/g;
const CONTENT = /<(string|data|integer|real)>([^<]+)</g;
const REACH = 16_384;

/** Keys inside a secret's dictionary that only say whose secret it is. */
const DESCRIPTIVE = /(?:type|name|id|identifier|uuid|version|user|host|url|description|label)$/i;

/**
 * Finds the values of secrets' keys in an Apple property list: one text, several in a row, a list of them, or those
 * of a dictionary.
 */
export function findInPropertyLists(text: string, add: (span: Span) => void): void {
  if (!text.includes('</key>')) return;
  let searched = 0;
  for (const match of matchesOf(text, KEY)) {
    if (match.index < searched) continue;
    const rule = secretNameRule(match[1] as string);
    if (!rule) continue;
    const start = match.index + match[0].length;
    const end = start + valueLength(text.slice(start, start + REACH));
    searched = end;
    for (const content of matchesOf(text.slice(start, end), CONTENT)) {
      const value = content[2] as string;
      if (value.trim() === '' || isBenignValue(value.trim())) continue;
      const at = start + content.index;
      if (DESCRIPTIVE.test(keyBefore(text.slice(start, at)))) continue;
      const from = at + content[0].length - 1 - value.length;
      add({ start: from, end: from + value.length, rule });
    }
  }
}

/** The length of a key's value: a whole dictionary, or everything before the next key. */
function valueLength(following: string): number {
  const ends = following.startsWith('<dict>') ? ['</dict>'] : ['<key>', '</dict>'];
  const places = ends.map((end) => following.indexOf(end)).filter((place) => place >= 0);
  return places.length === 0 ? following.length : Math.min(...places);
}

function keyBefore(text: string): string {
  return /<key>([^<]*)<\/key>\s*$/.exec(text.slice(-200))?.[1]?.trim() ?? '';
}
