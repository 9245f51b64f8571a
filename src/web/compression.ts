import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';

/** Answers with fewer bytes are not compressed. */
const WORTHWHILE_BYTES = 1024;
/** A middle quality of brotli: a third smaller than gzip at about the same cost. */
const BROTLI_QUALITY = 4;
/**
 * The binary logarithm of brotli's window: 256 KiB, as large as nearly all pages; the default of 4 MiB takes longer to
 * set up.
 */
const BROTLI_WINDOW = 18;

/**
 * Compresses pages, JSON and exports with a method that the client accepts. Assets are compressed once at start and
 * live streams are never compressed; neither passes through here. Pages hold form tokens next to text that a stranger
 * may choose, so tokens get a new mask in every answer (see `auth/csrf.ts`).
 */
export async function registerCompression(app: FastifyInstance): Promise<void> {
  // Bytes lie outside V8's heap. A page's text of 300 kB would be moved to the old generation while it is compressed, and
  // collecting that generation delays other requests by tens of milliseconds.
  app.addHook('onSend', async (_request, _reply, payload) =>
    typeof payload === 'string' ? Buffer.from(payload) : payload,
  );
  await app.register(compress, {
    threshold: WORTHWHILE_BYTES,
    encodings: ['br', 'gzip'],
    brotliOptions: {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW,
      },
    },
  });
}
