import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';

/** Answers with fewer bytes are not compressed. */
const WORTHWHILE_BYTES = 1024;
/** A middle quality of brotli: a third smaller than gzip at about the same cost. */
const BROTLI_QUALITY = 4;

/**
 * Compresses pages, JSON and exports with a method that the client accepts. Assets are compressed once at start and
 * live streams are never compressed; neither passes through here. Pages hold form tokens next to text that a stranger
 * may choose, so tokens are masked anew in every answer (see `auth/csrf.ts`).
 */
export async function registerCompression(app: FastifyInstance): Promise<void> {
  await app.register(compress, {
    threshold: WORTHWHILE_BYTES,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
  });
}
