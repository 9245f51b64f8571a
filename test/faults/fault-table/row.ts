import type { LoadCounts } from './steady-load.js';

/** What was seen of one fault. Times are in seconds. */
export interface Row {
  readonly name: string;
  /** What the hub said, as it was first recognised; the sentence of ended processes. */
  readonly words: string;
  readonly seenAfter: number | undefined;
  /** The words of `/healthz`, in the order in which they came, while the fault lasted and until it was over. */
  readonly healthz: readonly string[];
  readonly recoveredAfter: number;
  readonly load: LoadCounts;
  /** How the runs that were accepted meanwhile ended, by event and reason. */
  readonly ended: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

/** The rows as a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ') || '–';
  const lines = rows.map((row) =>
    [
      ...['', row.name, row.words || '–', row.seenAfter?.toFixed(1) ?? '–', row.healthz.join(' → ')],
      ...[row.recoveredAfter.toFixed(1), row.load.started, counted(row.load.refused), counted(row.ended)],
      ...[row.broken.length === 0 ? 'none' : row.broken.join('; '), ''],
    ].join(' | '),
  );
  return [
    '| fault | words | seen after, s | `/healthz` | ok again after, s | starts | refused | ended | broken |',
    '|---|---|---|---|---|---|---|---|---|',
    ...lines.map((line) => line.trim()),
    '',
  ].join('\n');
}
