import { isBenignValue } from './benign.js';
import { matchesOf } from './matches-of.js';
import type { RuleName } from './rules.js';
import { secretNameRule } from './secret-names.js';
import type { Span } from './span.js';

const LINE = /[^\n]+/g;
const HEAD =
  /^[ \t]{0,40}[A-Za-z][A-Za-z_-]{0,23}(?: [A-Za-z_-]{1,23}){0,2}(?: {2,}[A-Za-z][A-Za-z_-]{0,23}(?: [A-Za-z_-]{1,23}){0,2}){1,31} *$/;
const NAME = /[A-Za-z][A-Za-z_-]*(?: [A-Za-z_-]+)*/g;

interface Column {
  readonly from: number;
  readonly to: number;
  readonly rule: RuleName | undefined;
  /** Whether its cells are the values of what the first column names. */
  readonly isValue: boolean;
}

/** Finds the cells below a secret's name in a table whose columns are aligned with blanks, as programs list things. */
export function findInAlignedTables(text: string, add: (span: Span) => void): void {
  let columns: readonly Column[] = [];
  for (const line of matchesOf(text, LINE)) {
    if (columns.length === 0 && HEAD.test(line[0])) {
      const named = columnsOf(line[0]);
      if (named.some(({ rule, isValue }) => rule || isValue)) {
        columns = named;
        continue;
      }
    }
    for (const { at, value, rule } of cellsOf(line[0], columns)) {
      if (rule && !isBenignValue(value))
        add({ start: line.index + at, end: line.index + at + value.length, rule });
    }
  }
}

const NAMES = /^(?:name|key|setting|variable|property|parameter|option)$/i;
const CELL = /\S+(?: \S+)*/g;

/** A line's cells: by their number, or by where they begin if some are empty or only one blank separates them. */
function cellsOf(
  line: string,
  columns: readonly Column[],
): ReadonlyArray<{ at: number; value: string; rule: RuleName | undefined }> {
  if (!/\S {2,}\S/.test(line)) return [];
  const cells = [...line.matchAll(CELL)];
  if (columns.length === 0) return cells.length === 2 ? valueAfterName(cells) : [];
  if (cells.length === columns.length)
    return cells.map((cell, index) => {
      const column = columns[index] as Column;
      const rule = column.isValue ? secretNameRule(cells[0]?.[0] ?? '') : column.rule;
      return { at: cell.index, value: cell[0], rule };
    });
  return columns
    .filter(({ from }) => startsCell(line, from))
    .map(({ from, to, rule }) => ({ at: from, value: line.slice(from, to).trim(), rule }));
}

/** Without a head, only a single word with a digit counts as the value of a secret's name before it. */
function valueAfterName(
  cells: readonly RegExpExecArray[],
): ReadonlyArray<{ at: number; value: string; rule: RuleName | undefined }> {
  const [name, value] = cells;
  if (!name || !value || !/^(?=.*\d)\S{6,}$/.test(value[0])) return [];
  return [{ at: value.index, value: value[0], rule: secretNameRule(name[0]) }];
}

function columnsOf(head: string): readonly Column[] {
  const names = [...head.matchAll(NAME)];
  return names.map((name, index) => ({
    from: name.index,
    to: names[index + 1]?.index ?? Number.POSITIVE_INFINITY,
    rule: secretNameRule(name[0]),
    isValue: index > 0 && /^value$/i.test(name[0]) && NAMES.test(names[0]?.[0] ?? ''),
  }));
}

function startsCell(line: string, at: number): boolean {
  return /\S/.test(line.charAt(at)) && (at === 0 || line.charAt(at - 1) === ' ');
}
