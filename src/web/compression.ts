import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';

/** Answers shorter than this stay as they are, bytes. */
const WORTHWHILE_BYTES = 1024;
/** Half of brotli's range: a third smaller than gzip at about its price. */
const BROTLI_QUALITY = 4;

/**
 * Compresses pages, JSON and exports as the client accepts it. Assets are compressed once at start, and live streams
 * never: they don't pass through here. Pages hold form tokens beside text that a stranger may choose, so that tokens are
 * masked anew in every answer (see `auth/csrf.ts`).
 */
export async function registerCompression(app: FastifyInstance): Promise<void> {
  await app.register(compress, {
    threshold: WORTHWHILE_BYTES,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
  });
}
