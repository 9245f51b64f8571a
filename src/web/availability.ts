import type { FastifyInstance } from 'fastify';
import type { WebPorts } from './ports/web-ports.js';
import { WebError } from './web-error.js';

/** Whether an address, with or without a query, is that of a probe. */
export const isProbe = (url: string): boolean => /^\/(healthz|readyz)(\?|$)/.test(url);

/** Whether an address needs no other part of the program, so that it always answers. */
const isAnsweredAlone = (url: string): boolean => isProbe(url) || url.startsWith('/assets/');

/**
 * Refuses requests at once, with the usual form of an error, while the server closes and while PostgreSQL keeps its
 * connections but doesn't answer. Register it before any hook that asks the database.
 */
export function registerAvailability(app: FastifyInstance, ports: Pick<WebPorts, 'status'>): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    if (isClosing) {
      reply.header('connection', 'close');
      if (isProbe(request.url))
        return reply.status(503).send({ status: 'down', reason: 'This process is stopping.' });
      throw new WebError('unavailable', 'This process is stopping. Try again in a moment.');
    }
    if (ports.status().databaseIsSilent && !isAnsweredAlone(request.url))
      throw new WebError('unavailable', 'The database does not answer. Try again in a moment.');
  });
}
