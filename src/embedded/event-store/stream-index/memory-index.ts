import type { IndexEntry } from './index-file.js';
import { ENTRY_BYTES, KEY_BYTES, writeKey } from './index-key.js';

/** The index of the newest events, per stream, until they are written to an index file. */
export interface MemoryIndex {
  readonly size: number;
  readonly streams: number;
  add(stream: string, hash: Buffer, revision: number, position: number): void;
  last(stream: string, revision: number): IndexEntry | undefined;
  from(stream: string, revision: number, count: number, found: IndexEntry[]): void;
  downFrom(stream: string, revision: number, count: number, found: IndexEntry[]): void;
  /** Removes events at or after `position` and returns how many of them began a stream. */
  cut(position: number): number;
  /** All entries sorted by key, as an index file holds them. */
  sortedEntries(): Buffer;
}

interface StreamEntries {
  readonly hash: Buffer;
  readonly revisions: number[];
  readonly positions: number[];
}

export function createMemoryIndex(): MemoryIndex {
  const byStream = new Map<string, StreamEntries>();
  let size = 0;

  /** How many of the stream's revisions are below `revision`. */
  function countBelow({ revisions }: StreamEntries, revision: number): number {
    let low = 0;
    let high = revisions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((revisions[middle] ?? 0) < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  const entryAt = ({ revisions, positions }: StreamEntries, i: number): IndexEntry => ({
    revision: revisions[i] ?? 0,
    position: positions[i] ?? 0,
  });

  return {
    get size() {
      return size;
    },
    get streams() {
      return byStream.size;
    },
    add(stream, hash, revision, position) {
      const entries = byStream.get(stream);
      if (entries) {
        entries.revisions.push(revision);
        entries.positions.push(position);
      } else {
        // Arrays that begin with one element have room for one, which is enough for most streams here.
        byStream.set(stream, { hash, revisions: [revision], positions: [position] });
      }
      size += 1;
    },
    last(stream, revision) {
      const entries = byStream.get(stream);
      const count = entries ? countBelow(entries, revision + 1) : 0;
      return entries && count > 0 ? entryAt(entries, count - 1) : undefined;
    },
    from(stream, revision, count, found) {
      const entries = byStream.get(stream);
      if (!entries) return;
      for (let i = countBelow(entries, revision); i < entries.revisions.length && found.length < count; i++) {
        found.push(entryAt(entries, i));
      }
    },
    downFrom(stream, revision, count, found) {
      const entries = byStream.get(stream);
      if (!entries) return;
      for (let i = countBelow(entries, revision + 1) - 1; i >= 0 && found.length < count; i--) {
        found.push(entryAt(entries, i));
      }
    },
    cut(position) {
      let begun = 0;
      for (const [stream, { revisions, positions }] of byStream) {
        while ((positions.at(-1) ?? -1) >= position) {
          positions.pop();
          if (revisions.pop() === 0) begun += 1;
          size -= 1;
        }
        if (positions.length === 0) byStream.delete(stream);
      }
      return begun;
    },
    sortedEntries() {
      const streams = [...byStream.values()].map((entries) => ({
        entries,
        prefix: entries.hash.readUIntBE(0, 6),
      }));
      // The first six bytes, compared as a number, nearly always decide, and that is much faster than comparing
      // buffers.
      streams.sort((a, b) => a.prefix - b.prefix || a.entries.hash.compare(b.entries.hash));
      const sorted = Buffer.allocUnsafe(size * ENTRY_BYTES);
      let at = 0;
      for (const { entries } of streams) {
        const { hash, revisions, positions } = entries;
        for (let i = 0; i < revisions.length; i++) {
          writeKey(sorted, at, hash, revisions[i] ?? 0);
          sorted.writeDoubleBE(positions[i] ?? 0, at + KEY_BYTES);
          at += ENTRY_BYTES;
        }
      }
      return sorted;
    },
  };
}
