import type { FastifyInstance } from 'fastify';
import { securityHeaders } from '../process/security-headers.js';

/** Sets the headers on every answer but live streams, which skip the send hooks. Caches may store only assets. */
export function registerSecurityHeaders(app: FastifyInstance, options: { tls: boolean }): void {
  const headers = securityHeaders(options);
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(headers);
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-store');
  });
}
