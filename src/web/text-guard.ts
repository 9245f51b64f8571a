import type { FastifyInstance } from 'fastify';
import { WebError } from './web-error.js';

/**
 * Refuses text that PostgreSQL and the event log can't store (U+0000 and lone surrogates) in the path, the query or the
 * body of a request. Errors: WebError `bad_request`.
 */
export function registerTextGuard(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ params, query }) => {
    if (!isStorable(params) || !isStorable(query)) throw unstorable('address');
  });
  app.addHook('preValidation', async ({ body }) => {
    if (!isStorable(body)) throw unstorable('request');
  });
}

/** Whether every text in a parsed value can be stored. Keys of objects are checked as well. */
export function isStorable(value: unknown): boolean {
  const left = [value];
  while (left.length > 0) {
    const part = left.pop();
    if (typeof part === 'string') {
      if (part.includes('\0') || !part.isWellFormed()) return false;
    } else if (typeof part === 'object' && part !== null && !Buffer.isBuffer(part)) {
      for (const [key, inner] of Object.entries(part)) left.push(key, inner);
    }
  }
  return true;
}

const unstorable = (where: string) =>
  new WebError(
    'bad_request',
    `The ${where} holds a character that can’t be stored (U+0000 or half of a pair). Remove it and try again.`,
  );
