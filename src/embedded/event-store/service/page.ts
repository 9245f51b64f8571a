/**
 * Most bytes of a page; a page holds the events of one write to a client. It fits into one HTTP/2 frame and holds
 * whole messages, so that a client need not join frames. It also limits the memory for a slow reader.
 */
export const PAGE_BYTES = 16_384;

/**
 * The memory in which all pages are built before they are copied out. A page must therefore be begun and taken
 * without an await in between.
 */
const staging = Buffer.allocUnsafeSlow(2 * PAGE_BYTES);

export class Page {
  private buffer = staging;
  private used = 0;

  get empty(): boolean {
    return this.used === 0;
  }

  /** Adds bytes if there is room and returns whether there was. An empty page has room for any number. */
  add(source: Buffer, start = 0, end = source.length): boolean {
    if (this.used > 0 && this.used + end - start > PAGE_BYTES) return false;
    this.append(source, start, end);
    return true;
  }

  /** Adds bytes that must not wait for the next page, even if there is no room. */
  append(source: Buffer, start = 0, end = source.length): void {
    const length = end - start;
    if (this.used + length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(this.used + length);
      this.buffer.copy(larger, 0, 0, this.used);
      this.buffer = larger;
    }
    source.copy(this.buffer, this.used, start, end);
    this.used += length;
  }

  take(): Buffer {
    return this.buffer === staging
      ? Buffer.from(staging.subarray(0, this.used))
      : this.buffer.subarray(0, this.used);
  }
}
