import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { packageRoot } from '../app-version.js';
import { PUBLIC } from './route-access.js';
import { stylesheet } from './stylesheet.js';
import { WebError } from './web-error.js';

const require = createRequire(import.meta.url);
const packageFolder = (name: string) => path.dirname(require.resolve(`${name}/package.json`));
/** Every file that pages load, by the name that templates use. No other file is served. */
const SOURCES: Readonly<Record<string, () => string>> = {
  'live.js': () => path.join(packageRoot, 'views/assets/live.js'),
  'list.js': () => path.join(packageRoot, 'views/assets/list.js'),
  'hub.js': () => path.join(packageRoot, 'views/assets/hub.js'),
  'icon.svg': () => path.join(packageRoot, 'views/assets/icon.svg'),
  'htmx.js': () => path.join(packageFolder('htmx.org'), 'dist/htmx.min.js'),
  'inter.woff2': () => path.join(packageFolder('inter-ui'), 'variable-latin/InterVariable-subset.woff2'),
};

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const IMMUTABLE = 'public, max-age=31536000, immutable';
const HASH_CHARACTERS = 12;
const COMPRESSORS = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const;

type Encoding = keyof typeof COMPRESSORS;

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** The compressed content, which is made at the first call; null for a file that is not compressed. */
  readonly encoded: ((encoding: Encoding) => Promise<Buffer>) | null;
}

export interface Assets {
  /** Addresses by file name, with the hash of the content in them. */
  readonly urls: Readonly<Record<string, string>>;
  readonly byFile: ReadonlyMap<string, Asset>;
}

/** A stylesheet without its comments and its indentation. */
const withoutComments = (css: string): string => css.replace(/\/\*.*?\*\//gs, '').replace(/\n\s+/g, '\n');

/** The content in an encoding. It is compressed once, at the first request, because the best quality takes long. */
function compressedOnce(body: Buffer): (encoding: Encoding) => Promise<Buffer> {
  const made = new Map<Encoding, Promise<Buffer>>();
  return (encoding) => {
    const known = made.get(encoding) ?? COMPRESSORS[encoding](body);
    made.set(encoding, known);
    return known;
  };
}

/** Reads all assets. The font is never compressed, because its format is compressed already. */
export function loadAssets(): Assets {
  const byFile = new Map<string, Asset>();
  const urls: Record<string, string> = {};
  const add = (name: string, body: Buffer) => {
    const extension = path.extname(name);
    const hash = createHash('sha256').update(body).digest('hex').slice(0, HASH_CHARACTERS);
    const file = `${path.basename(name, extension)}.${hash}${extension}`;
    const encoded = extension === '.woff2' ? null : compressedOnce(body);
    byFile.set(file, { type: TYPES[extension] ?? 'application/octet-stream', body, encoded });
    urls[name] = `/assets/${file}`;
  };
  for (const [name, source] of Object.entries(SOURCES)) add(name, readFileSync(source()));
  // The stylesheet names the font by the file name with its hash, so that browsers can keep the font for ever as well.
  const font = path.posix.basename(urls['inter.woff2'] ?? '');
  add('hub.css', Buffer.from(withoutComments(stylesheet()).replace('inter.woff2', font)));
  return { byFile, urls };
}

/** Serves the assets under `/assets/`. Browsers may keep them for ever. */
export function registerAssets(app: FastifyInstance, assets: Assets): void {
  app.get<{ Params: { file: string } }>(
    '/assets/:file',
    { config: { access: PUBLIC, rateLimit: false } },
    async (request, reply) => {
      const asset = assets.byFile.get(request.params.file);
      if (!asset) throw new WebError('not_found', 'There is no such file.');
      reply.type(asset.type).header('cache-control', IMMUTABLE);
      if (!asset.encoded) return reply.send(asset.body);
      reply.header('vary', 'accept-encoding');
      const accepted = String(request.headers['accept-encoding'] ?? '');
      const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined;
      if (!encoding) return reply.send(asset.body);
      return reply.header('content-encoding', encoding).send(await asset.encoded(encoding));
    },
  );
}
