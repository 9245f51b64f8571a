import { isBenignValue } from './benign.js';
import { matchesOf } from './matches-of.js';
import { secretNameRule } from './secret-names.js';
import type { Span } from './span.js';

const LINE = /[^\n]+/g;
const DELIMITERS = [',', ';', '\t', '|'] as const;
const COLUMNS_MAX = 64;
const NAME_CHARACTERS_MAX = 24;
const NAME = /^[A-Za-z]+(?:[ _.-][A-Za-z]+){0,5}$/;

/** Finds the cells below a column head that names a secret: CSV files, query results, Markdown tables. */
export function findInTables(text: string, add: (span: Span) => void): void {
  if (!text.includes('\n')) return;
  let table: { delimiter: string; columns: ReadonlyArray<ReturnType<typeof secretNameRule>> } | undefined;
  for (const line of matchesOf(text, LINE)) {
    const cells = table ? line[0].split(table.delimiter) : [];
    if (table && cells.length === table.columns.length) {
      let start = line.index;
      for (const [index, cell] of cells.entries()) {
        const rule = table.columns[index];
        const value = cell.trim().replace(/^["']|["']$/g, '');
        const at = start + cell.indexOf(value);
        if (rule && /\w/.test(value) && !isBenignValue(value))
          add({ start: at, end: at + value.length, rule });
        start += cell.length + 1;
      }
    } else if (!/^[\s|:+-]+$/.test(line[0])) table = headOf(line[0]);
  }
}

function headOf(
  line: string,
): { delimiter: string; columns: ReadonlyArray<ReturnType<typeof secretNameRule>> } | undefined {
  if (line.length > 1000) return undefined;
  for (const delimiter of DELIMITERS) {
    const names = line.split(delimiter).map((name) => name.trim().replace(/^["']|["']$/g, ''));
    if (names.length < 2 || names.length > COLUMNS_MAX) continue;
    if (!names.every((name) => name === '' || (name.length <= NAME_CHARACTERS_MAX && NAME.test(name))))
      continue;
    const columns = names.map((name) => secretNameRule(name));
    if (columns.some((rule) => rule !== undefined)) return { delimiter, columns };
  }
  return undefined;
}
