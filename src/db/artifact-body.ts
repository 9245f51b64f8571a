import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { BrokenSealError, open, seal } from './sealed-bytes.js';

/** The tenant and the address of an artifact. A sealed body can be opened only for the same place. */
export interface ArtifactPlace {
  readonly tenantId: string;
  readonly address: string;
}

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Best by measurement on policies: see docs/adr/0005. */
const QUALITY = 5;
const encoding = { plain: 0, brotli: 1 } as const;

/** Compresses the content if that makes it smaller, and seals it. */
export async function packArtifact(key: Buffer, plain: Uint8Array, place: ArtifactPlace): Promise<Buffer> {
  const compressed = await compress(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  const parts =
    compressed.length < plain.length
      ? [Buffer.of(encoding.brotli), compressed]
      : [Buffer.of(encoding.plain), plain];
  return seal(key, Buffer.concat(parts), nameOf(place));
}

/** The plain bytes of what `packArtifact` made. Throws BrokenSealError, and RangeError above `bytesMax`. */
export async function unpackArtifact(
  key: Buffer,
  body: Buffer,
  place: ArtifactPlace,
  bytesMax: number,
): Promise<Buffer> {
  const packed = open(key, body, nameOf(place));
  const content = packed.subarray(1);
  return packed[0] === encoding.brotli ? decompress(content, { maxOutputLength: bytesMax }) : content;
}

/** Whether a body can be opened. The seal covers every byte, so nothing is decompressed. */
export function isIntact(key: Buffer, body: Buffer, place: ArtifactPlace): boolean {
  try {
    open(key, body, nameOf(place));
    return true;
  } catch (error) {
    if (error instanceof BrokenSealError) return false;
    throw error;
  }
}

const nameOf = ({ tenantId, address }: ArtifactPlace): string => `artifact ${tenantId} ${address}`;
