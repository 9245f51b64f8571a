/**
 * Bits of a bloom filter for each stream. The filter rules out most streams that an index file doesn't hold, so that
 * an append to a new stream need not read each file. Parts of the stream's hash choose the bits, since it is random
 * already.
 */
const BITS_PER_STREAM = 10;
const PROBES = 4;
const MIN_BYTES = 64;

/** An empty filter for this many streams. */
export function createBloomFilter(streams: number): Buffer {
  const bytes = Math.max(MIN_BYTES, Math.ceil((streams * BITS_PER_STREAM) / 8));
  return Buffer.alloc(bytes);
}

/** The most streams that a filter of this size was made for. */
export function streamsOfBloomFilter(filter: Buffer): number {
  return (filter.length * 8) / BITS_PER_STREAM;
}

/** Adds the stream with this hash. */
export function addToBloomFilter(filter: Buffer, hash: Buffer): void {
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = hash.readUInt32LE(probe * 4) % (filter.length * 8);
    filter[bit >> 3] = (filter[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
}

/** Whether the stream may be in the filter; false is certain. */
export function bloomFilterMayHold(filter: Buffer, hash: Buffer): boolean {
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = hash.readUInt32LE(probe * 4) % (filter.length * 8);
    if (((filter[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}
