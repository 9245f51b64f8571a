/**
 * Memory for the newest part of the log. Appends are encoded into it, the disk is written from it, and live
 * subscriptions read from it. Its size is bounded; older records are read from disk.
 */
const CHUNK_BYTES = 1024 * 1024;
const KEPT_BYTES_MAX = 4 * CHUNK_BYTES;

interface Chunk {
  readonly buffer: Buffer;
  readonly start: number;
  used: number;
}

/** Part of the log in memory: whole records from `offset` to `limit`. */
export interface TailView {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly limit: number;
  /** Position of the first byte of `buffer`. */
  readonly base: number;
}

export interface TailBuffer {
  /** Position after the last record. */
  end(): number;
  /** Space for one record at the end of the log. */
  reserve(length: number): { readonly buffer: Buffer; readonly offset: number };
  /** The bytes between two positions, as several slices. */
  slices(from: number, to: number): Buffer[];
  /** The chunk that holds the record at `position`. */
  at(position: number): TailView | undefined;
  /** The chunk that holds the record that ends at `position`. */
  before(position: number): TailView | undefined;
  /** Removes everything from `position` on. */
  cut(position: number): void;
  /** No longer returns records before `position`, because compaction removed some of them from disk. */
  hide(position: number): void;
  /** Drops old chunks whose records are all on disk. */
  trim(durableEnd: number): void;
}

/** An empty buffer for a log that ends at `start`. */
export function createTailBuffer(start: number): TailBuffer {
  let chunks: Chunk[] = [];
  let end = start;
  let hiddenBefore = start;

  const view = ({ buffer, start: base, used }: Chunk, offset: number, limit: number): TailView => ({
    buffer,
    base,
    offset,
    limit: Math.min(limit, used),
  });

  return {
    end: () => end,
    reserve(length) {
      let chunk = chunks.at(-1);
      // After a cut the last chunk may end before the log does. Records are not added to such a chunk, so chunks have
      // no gaps.
      const continues = chunk !== undefined && chunk.start + chunk.used === end;
      if (!chunk || !continues || chunk.used + length > chunk.buffer.length) {
        chunk = { buffer: Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, length)), start: end, used: 0 };
        chunks.push(chunk);
      }
      const offset = chunk.used;
      chunk.used += length;
      end += length;
      return { buffer: chunk.buffer, offset };
    },
    slices(from, to) {
      const found: Buffer[] = [];
      for (const { buffer, start: base, used } of chunks) {
        const first = Math.max(from - base, 0);
        const last = Math.min(to - base, used);
        if (last > first) found.push(buffer.subarray(first, last));
      }
      return found;
    },
    at(position) {
      if (position < hiddenBefore) return undefined;
      for (let i = chunks.length - 1; i >= 0; i--) {
        const chunk = chunks[i];
        if (chunk && position >= chunk.start && position < chunk.start + chunk.used) {
          return view(chunk, position - chunk.start, chunk.used);
        }
      }
      return undefined;
    },
    before(position) {
      if (position <= hiddenBefore) return undefined;
      for (let i = chunks.length - 1; i >= 0; i--) {
        const chunk = chunks[i];
        if (chunk && position > chunk.start && position <= chunk.start + chunk.used) {
          return view(chunk, Math.max(0, hiddenBefore - chunk.start), position - chunk.start);
        }
      }
      return undefined;
    },
    cut(position) {
      // Readers or the disk may still use the bytes of a chunk, so it is never written to again.
      chunks = chunks.filter((chunk) => chunk.start + chunk.used <= position);
      end = position;
    },
    hide(position) {
      hiddenBefore = Math.max(hiddenBefore, position);
    },
    trim(durableEnd) {
      let kept = chunks.reduce((sum, chunk) => sum + chunk.buffer.length, 0);
      while (kept > KEPT_BYTES_MAX && chunks.length > 1) {
        const oldest = chunks[0];
        if (!oldest || oldest.start + oldest.used > durableEnd) return;
        kept -= oldest.buffer.length;
        chunks.shift();
      }
    },
  };
}
