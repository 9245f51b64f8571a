/**
 * Divides entries, in their order, into parts of at most `bytesMax` bytes as JSON, for events of a bounded size. An entry
 * that is larger is a part of its own.
 */
export function partsBySize<Entry>(entries: readonly Entry[], bytesMax: number): Entry[][] {
  const parts: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const size = Buffer.byteLength(JSON.stringify(entry));
    if (bytes + size > bytesMax) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(entry);
    bytes += size;
  }
  return parts;
}
