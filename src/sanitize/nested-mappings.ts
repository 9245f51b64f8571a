import { isBenignValue } from './benign.js';
import { matchesOf } from './matches-of.js';
import { secretNameRule } from './secret-names.js';
import type { Span } from './span.js';

/** A line of YAML that has only a name, with entries below it: `credentials:`. */
const PARENT = /(?<=^|\n)([ \t]*)(?:- )?["']?([\w.-]{1,64})["']?:[ \t]*(?=\n)/g;
const ENTRY = /^([ \t]*)(?:- )?["']?([\w.-]{1,64})["']?:[ \t]+["']?([^\s"'#][^"'\n]*?)["']?[ \t]*$/;
const VALUE_NAME = /^(?:value|val|data|content|text|plain_?text)$/i;
const LINES_MAX = 64;
const LINE_REACH = 512;

/**
 * Finds values in a mapping of YAML below a secret's name, at any depth: `secrets:`, then `db:`, then `value: …`. Below
 * passwords each entry is one.
 */
export function findInNestedMappings(text: string, add: (span: Span) => void): void {
  let searched = 0;
  for (const match of matchesOf(text, PARENT)) {
    if (match.index < searched) continue;
    const name = match[2] as string;
    const rule = secretNameRule(name);
    if (!rule) continue;
    const indent = (match[1] as string).length;
    let at = match.index + match[0].length + 1;
    for (let count = 0; count < LINES_MAX && at < text.length; count++) {
      const line = lineAt(text, at);
      if (line.trim() !== '' && line.length - line.trimStart().length <= indent) break;
      const [, , key = '', value = ''] = ENTRY.exec(line) ?? [];
      const isNamed = VALUE_NAME.test(key) || /^passwords$/i.test(name);
      if (isNamed && value !== '' && !isBenignValue(value)) {
        const start = at + line.lastIndexOf(value);
        add({ start, end: start + value.length, rule });
      }
      at += line.length + 1;
    }
    searched = at;
  }
}

/** The line that begins at a position, or as much of it as is read. */
function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  const line = text.slice(at, end < 0 ? text.length : end);
  return line.length > LINE_REACH ? '' : line;
}
