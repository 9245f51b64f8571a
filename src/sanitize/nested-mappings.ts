import { isBenignValue } from './benign.js';
import { matchesOf } from './matches-of.js';
import { secretNameRule } from './secret-names.js';
import type { Span } from './span.js';

/** A line of YAML that has only a name, with entries below it: `credentials:`. */
const PARENT = /(?<=^|\n)([ \t]*)(?:- )?["']?([\w.-]{1,64})["']?:[ \t]*(?=\n)/g;
const ENTRY = /^([ \t]*)(?:- )?["']?([\w.-]{1,64})["']?:[ \t]+["']?([^\s"'#][^"'\n]*?)["']?[ \t]*$/;
const VALUE_NAME = /^(?:value|val|data|content|text|plain_?text|default(?:_?value)?|current|initial)$/i;
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
      const lineEnd = endOfLine(text, at);
      // A longer line isn't searched; the lines after it are.
      const line = lineEnd - at > LINE_REACH ? '' : text.slice(at, lineEnd);
      if (line.trim() !== '' && line.length - line.trimStart().length <= indent) break;
      const [, , key = '', value = ''] = ENTRY.exec(line) ?? [];
      const isNamed = VALUE_NAME.test(key) || /^passwords$/i.test(name);
      if (isNamed && value !== '' && !isBenignValue(value)) {
        const start = at + line.lastIndexOf(value);
        add({ start, end: start + value.length, rule });
      }
      at = lineEnd + 1;
    }
    searched = at;
  }
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}
