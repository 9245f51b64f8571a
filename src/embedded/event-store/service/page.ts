/** Frames collected for one write to a client. Its size bounds what a slow reader costs. */
export const PAGE_BYTES = 64 * 1024;
const STAGING_BYTES = 2 * PAGE_BYTES;

/**
 * All pages are put together in one place and copied out whole, so a page must be begun and taken without anything
 * asynchronous in between.
 */
const staging = Buffer.allocUnsafeSlow(STAGING_BYTES);

export class Page {
  private buffer = staging;
  private used = 0;

  get full(): boolean {
    return this.used >= PAGE_BYTES;
  }

  get empty(): boolean {
    return this.used === 0;
  }

  add(source: Buffer, start = 0, end = source.length): void {
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
