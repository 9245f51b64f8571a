import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { WebError } from './web-error.js';

/**
 * Registers the answer to HEAD for an address where GET does more than read: it records a
 * download, or begins or ends a sign-in.
 */
export function refuseHead(app: FastifyInstance, path: string, config: FastifyContextConfig): void {
  app.head(path, { config }, (_request, reply) => {
    reply.header('allow', 'GET');
    throw new WebError('method_not_allowed', 'This address answers GET only.');
  });
}
