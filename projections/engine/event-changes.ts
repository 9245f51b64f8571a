/** The rows that the current event has changed, by their keys as text, as they were before the event. */
export interface EventChanges<Row> {
  /** Must be called before each change of a row. */
  note(key: string, row: Row | undefined): void;
  /** The row before the event. `present` is the row now. */
  before(key: string, present: Row | undefined): Row | undefined;
  /** The rows that didn't exist before the event. `find` returns the row now. */
  added(find: (key: string) => Row | undefined): readonly Row[];
  /** Forgets the changes, because the next event begins. */
  clear(): void;
}

/** Begins without changes. */
export function createEventChanges<Row>(): EventChanges<Row> {
  const touched = new Map<string, Row | undefined>();
  return {
    note(key, row) {
      if (!touched.has(key)) touched.set(key, row);
    },
    before: (key, present) => (touched.has(key) ? touched.get(key) : present),
    added(find) {
      const rows: Row[] = [];
      for (const [key, before] of touched) {
        const row = before === undefined ? find(key) : undefined;
        if (row !== undefined) rows.push(row);
      }
      return rows;
    },
    clear() {
      if (touched.size > 0) touched.clear();
    },
  };
}
