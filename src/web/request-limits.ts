import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.js';
import { bearerTokenOf } from './auth/identify.js';
import { hashSecret } from './auth/secrets.js';
import { LIMITS } from './limits.js';
import { WebError } from './web-error.js';

const MINUTE_MS = 60_000;
/** How many valid tokens are remembered. Requests with a forgotten token count for their address again. */
const KNOWN_TOKENS_MAX = 10_000;

/**
 * The first limit, by address, before the sender is identified. Not counted are requests for routes with a limit of
 * their own, and those with a token that was valid in the last minute, because many producers may share one address and
 * each token has a limit of its own.
 */
export async function limitByAddress(app: FastifyInstance, clock: Clock): Promise<void> {
  const max = LIMITS.requestsPerAddressPerMinute;
  const known = createKnownTokens(clock);
  await app.register(rateLimit, {
    // Its own hooks run for declared routes only, and after the sender is identified.
    global: false,
    max,
    timeWindow: MINUTE_MS,
    allowList: (request) => known.has(bearerTokenOf(request)),
    errorResponseBuilder: (_request, context) => tooMany('from one address', max, context.after),
  });
  const count = app.rateLimit();
  app.addHook('onRequest', async (request, reply) => {
    const hasOwnLimit = request.routeOptions.config.rateLimit !== undefined;
    if (!hasOwnLimit) await count.call(app, request, reply);
  });
  app.addHook('onResponse', async (request) => {
    if (request.identity?.kind === 'client') known.add(bearerTokenOf(request));
  });
}

/** The second limit, by session or token. It is independent of the address, which many people may share. */
export function limitBySession(app: FastifyInstance): void {
  const max = LIMITS.requestsPerSessionPerMinute;
  const check = app.createRateLimit({
    max,
    timeWindow: MINUTE_MS,
    // Without this, the `allowList` of the limit by address would apply here too.
    allowList: () => false,
    keyGenerator: ({ identity, ip }) => {
      if (identity.kind === 'person') return identity.session.sessionHash;
      return identity.kind === 'client' ? hashSecret(identity.client.clientId) : ip;
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    const { kind } = request.identity;
    if (kind === 'nobody') return;
    const result = await check(request);
    const whose = kind === 'client' ? 'with one token' : 'in one session';
    if (result.isAllowed || !result.isExceeded) return;
    const seconds = Math.ceil(result.ttl / 1000);
    reply.header('retry-after', seconds);
    throw tooMany(whose, max, `${seconds} s`);
  });
}

const tooMany = (whose: string, max: number, after: string) =>
  new WebError(
    'too_many_requests',
    `That was too much at once: ${max} requests a minute are taken ${whose}. Try again in ${after}.`,
  );

/** Tokens that were valid in the last minute, by hash. */
function createKnownTokens(clock: Clock) {
  const untilMs = new Map<string, number>();
  return {
    has(token: string | undefined): boolean {
      return token !== undefined && (untilMs.get(hashSecret(token)) ?? 0) > clock.monotonicMs();
    },
    add(token: string | undefined): void {
      if (token === undefined) return;
      const hash = hashSecret(token);
      untilMs.delete(hash);
      untilMs.set(hash, clock.monotonicMs() + MINUTE_MS);
      const [oldest] = untilMs.keys();
      if (oldest !== undefined && untilMs.size > KNOWN_TOKENS_MAX) untilMs.delete(oldest);
    },
  };
}
