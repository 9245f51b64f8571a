import * as zlib from 'node:zlib';

/** CRC-32 of `data`. `before` is the checksum of the preceding bytes. */
export const crc32: (data: Uint8Array, before?: number) => number =
  typeof zlib.crc32 === 'function' ? (data, before = 0) => zlib.crc32(data, before) : crc32ByTable;

// Node.js before 20.15 has no zlib.crc32.
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The same checksum without `zlib.crc32`. */
export function crc32ByTable(data: Uint8Array, before = 0): number {
  let value = ~before;
  for (const byte of data) value = (TABLE[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}
