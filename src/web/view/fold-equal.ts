/** From this many rows on that say the same, they are one line that unfolds. */
const FOLD_FROM = 3;

/** Puts rows of the same key together at the place of the first, when there are enough of them; each other row is alone. */
export function foldEqual<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): readonly (readonly [Row, ...Row[]])[] {
  const groups = new Map<string, [Row, ...Row[]]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  const isFolded = (group: readonly Row[]) => group.length >= FOLD_FROM;
  return rows.flatMap((row): [Row, ...Row[]][] => {
    const group = groups.get(keyOf(row));
    if (!group || !isFolded(group)) return [[row]];
    return group[0] === row ? [group] : [];
  });
}
