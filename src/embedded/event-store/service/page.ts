/**
 * Events collected for one write to a client. A page is what one HTTP/2 frame takes at most and holds whole messages,
 * so that a client that reads frame by frame need not put messages together. It bounds what a slow reader costs.
 */
export const PAGE_BYTES = 16_384;

/**
 * All pages are put together in one place and copied out whole, so a page must be begun and taken without anything
 * asynchronous in between.
 */
const staging = Buffer.allocUnsafeSlow(2 * PAGE_BYTES);

export class Page {
  private buffer = staging;
  private used = 0;

  get empty(): boolean {
    return this.used === 0;
  }

  /** Takes bytes if there is room for them and says whether there was. An empty page has room for anything. */
  add(source: Buffer, start = 0, end = source.length): boolean {
    if (this.used > 0 && this.used + end - start > PAGE_BYTES) return false;
    this.append(source, start, end);
    return true;
  }

  /** Takes bytes that must not wait for the next page. */
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
