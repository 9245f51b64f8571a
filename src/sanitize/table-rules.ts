import { isBenignValue } from './benign.js';
import { matchesOf } from './matches-of.js';
import { secretNameRule } from './secret-names.js';
import type { Span } from './span.js';

type RuleOfName = ReturnType<typeof secretNameRule>;

const LINE = /[^\n]+/g;
/** How many secrets there are. */
const COUNT = /^\d{1,3}$/;
const DELIMITERS = [',', ';', '\t', '|'] as const;
const COLUMNS_MAX = 64;
const NAME_CHARACTERS_MAX = 24;
const NAME = /^[A-Za-z]+(?:[ _.-][A-Za-z]+){0,5}$/;

/** Finds the cells below a column head with a secret's name: CSV files, query results, Markdown tables. */
export function findInTables(text: string, add: (span: Span) => void): void {
  if (text.includes('|')) {
    findInLabelledRows(text, add);
    findInPairedRows(text, add);
  }
  if (!text.includes('\n')) return;
  if (text.includes('--')) findInRuledTable(text, add);
  let table: { delimiter: string; columns: ReadonlyArray<RuleOfName> } | undefined;
  for (const line of matchesOf(text, LINE)) {
    const cells = table ? line[0].split(table.delimiter) : [];
    if (table && cells.length === table.columns.length) {
      let start = line.index;
      for (const [index, cell] of cells.entries()) {
        const rule = table.columns[index];
        const value = cell.trim().replace(/^["']|["']$/g, '');
        const at = start + cell.indexOf(value);
        if (rule && /\w/.test(value) && !isBenignValue(value) && !COUNT.test(value))
          add({ start: at, end: at + value.length, rule });
        start += cell.length + 1;
      }
    } else if (!/^[\s|:+-]+$/.test(line[0])) table = headOf(line[0]);
  }
}

const RULED_LINE = /^[ \t]*-{2,}(?:[ \t]+-{2,})+[ \t]*$/;

/**
 * Finds the cells of a table whose columns are separated by blanks under a line of dashes, as PowerShell prints them.
 */
function findInRuledTable(text: string, add: (span: Span) => void): void {
  let previous = '';
  let columns: ReadonlyArray<{ from: number; to: number; rule: RuleOfName }> = [];
  for (const line of matchesOf(text, LINE)) {
    if (RULED_LINE.test(line[0])) columns = columnsUnder(previous, line[0]);
    else {
      for (const { from, to, rule } of columns) {
        const cell = line[0].slice(from, to);
        const value = cell.trim();
        if (!rule || value === '' || isBenignValue(value) || COUNT.test(value)) continue;
        const start = line.index + from + cell.indexOf(value);
        add({ start, end: start + value.length, rule });
      }
    }
    previous = line[0];
  }
}

function columnsUnder(
  head: string,
  dashes: string,
): ReadonlyArray<{ from: number; to: number; rule: RuleOfName }> {
  const starts = [...dashes.matchAll(/-+/g)].slice(0, COLUMNS_MAX).map((run) => run.index);
  const columns = starts.map((from, index) => {
    const to = starts[index + 1] ?? Number.POSITIVE_INFINITY;
    return { from, to, rule: secretNameRule(head.slice(from, to).trim()) };
  });
  return columns.some(({ rule }) => rule) ? columns : [];
}

/** Finds the second of two cells in a row whose first is a secret's label: `| Proxy password | … |`. */
function findInLabelledRows(text: string, add: (span: Span) => void): void {
  for (const row of matchesOf(text, LABELLED_ROW)) {
    if (!/(?:^|\n)[ \t]{0,20}$/.test(text.slice(Math.max(0, row.index - 21), row.index))) continue;
    const rule = secretNameRule((row[1] as string).trim());
    const value = (row[2] as string).trim();
    if (!rule || isBenignValue(value) || !/\w/.test(value) || secretNameRule(value)) continue;
    const start = row.index + row[0].indexOf(value, (row[1] as string).length);
    add({ start, end: start + value.length, rule });
  }
}

/** A line whose first two cells are a secret's name and a value with a digit: `DB_PASSWORD|…|prod`. */
const PAIRED_ROW =
  /(?<=^|\n)[ \t]{0,20}([A-Za-z][\w .-]{1,60})[ \t]{0,20}\|[ \t]{0,20}((?=[^|\n]{0,64}\d)[^\s|][^|\n]{3,200})/g;

const LABELLED_ROW = /\|([^|\n]{1,80})\|([^|\n]{1,400})\|[ \t]*(?=\n|$)/g;

function findInPairedRows(text: string, add: (span: Span) => void): void {
  for (const row of matchesOf(text, PAIRED_ROW)) {
    const rule = secretNameRule((row[1] as string).trim());
    const value = (row[2] as string).trim();
    if (!rule || isBenignValue(value) || isBenignValue((value.split('|')[0] as string).trim())) continue;
    const start = row.index + row[0].length - (row[2] as string).length;
    add({ start, end: start + value.length, rule });
  }
}

function headOf(line: string): { delimiter: string; columns: ReadonlyArray<RuleOfName> } | undefined {
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
