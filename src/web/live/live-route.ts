import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { securityHeaders } from '../../process/security-headers.js';
import { CSRF_FIELD } from '../auth/csrf.js';
import { LIMITS } from '../limits.js';
import { SIGNED_IN } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { openLiveStream } from './live-stream.js';
import type { LiveStreams } from './live-streams.js';

const bodySchema = z.object({
  [CSRF_FIELD]: z.string(),
  views: z.array(z.string().max(LIMITS.liveAddressCharacters)).min(1).max(LIMITS.liveViewsPerStream),
});

/**
 * `POST /live`: the one stream of a browser, for all pages that it shows at the moment. It is a POST because the
 * addresses of all pages are too long for one address; it changes nothing.
 */
export function registerLive(app: FastifyInstance, runtime: WebRuntime, streams: LiveStreams): void {
  const { deps, livePages } = runtime;
  app.post('/live', { config: { access: SIGNED_IN, rateLimit: false } }, async (request, reply) => {
    const { identity } = request;
    const body = bodySchema.safeParse(request.body);
    if (!body.success || identity.kind !== 'person')
      throw new WebError('bad_request', 'A live stream takes the addresses of the pages that are shown.');
    const views = await Promise.all(
      body.data.views.map(async (address) => {
        try {
          return await livePages.open(address, identity);
        } catch (error) {
          if (error instanceof WebError && error.statusCode < 500) return { refused: error.statusCode };
          throw error;
        }
      }),
    );
    const session = identity.session.sessionHash;
    const place = streams.reserve(session);
    reply.hijack();
    const stream = openLiveStream({
      response: reply.raw,
      headers: securityHeaders({ tls: deps.config.tls }),
      views,
      onEnd: () => {
        streams.remove(stream);
        place.release();
      },
      clock: deps.clock,
      chance: deps.chance,
      logger: deps.logger,
    });
    streams.add(stream, session);
    return reply;
  });
}
