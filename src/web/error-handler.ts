import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { UnstorableValueError } from '../ledger/canonical-json.js';
import { securityHeaders } from '../process/security-headers.js';
import { allowedMethods } from './allowed-methods.js';
import { API_PREFIX } from './auth/identify.js';
import { withBasePath } from './base-path.js';
import { errorPage, RETRY_AFTER_SECONDS } from './pages/error-page.js';
import type { WebPorts } from './ports/web-ports.js';
import { codeOfStatus, WEB_ERRORS, WebError, type WebErrorCode } from './web-error.js';
import type { WebRuntime } from './web-runtime.js';

/** Seconds after which a client with too many open streams may ask again. */
const TOO_MANY_AFTER_SECONDS = 10;

const wordsFor = (allowed: readonly string[]) =>
  allowed.includes('GET')
    ? `This address answers ${allowed.join(' and ')} only.`
    : `This address takes ${allowed.join(' and ')} only, from a form or a program. Open the page with the form again.`;

/** Turns every error into a page or, for the API, into `{ error: { code, message, link? } }`. */
export function registerErrorHandler(app: FastifyInstance, runtime: WebRuntime): void {
  const { ports } = runtime.deps;
  app.setErrorHandler((error, request, reply) => {
    const known = toWebError(error, ports);
    if (known !== error && known.code === 'unavailable') request.log.warn({ err: error }, 'a part is away');
    if (known.code === 'unexpected') request.log.error({ err: error }, 'a request failed');
    if (known.code === 'unavailable') reply.header('retry-after', RETRY_AFTER_SECONDS);
    // Limits of requests set the header themselves. For live streams the time is an estimate.
    if (known.code === 'too_many_requests' && !reply.hasHeader('retry-after'))
      reply.header('retry-after', TOO_MANY_AFTER_SECONDS);
    return answer(runtime, request, reply, known);
  });
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?', 1);
    const allowed = allowedMethods(app.declaredRoutes, path);
    if (allowed.length === 0)
      return answer(runtime, request, reply, new WebError('not_found', 'Nothing has this address.'));
    reply.header('allow', allowed.join(', '));
    return answer(runtime, request, reply, new WebError('method_not_allowed', wordsFor(allowed)));
  });
}

/**
 * Answers an address that the router could not read: a malformed percent escape or a part that is too long. No hook
 * runs for it, so the headers are set here, and the address is not repeated.
 */
export function answerBadAddress(
  runtime: WebRuntime,
  error: { readonly statusCode?: number | undefined },
  request: FastifyRequest,
  reply: FastifyReply,
) {
  reply.headers({
    ...securityHeaders({ tls: runtime.deps.config.tls }),
    'cache-control': 'private, no-store',
  });
  const tooLong = error.statusCode === 414;
  const message = tooLong
    ? 'A part of this address is too long. Check it and try again.'
    : 'This address is not well formed. Check its percent signs and try again.';
  return answer(runtime, request, reply, new WebError('bad_request', message));
}

async function answer(runtime: WebRuntime, request: FastifyRequest, reply: FastifyReply, error: WebError) {
  const { code, message, details } = error;
  const { basePath = '' } = runtime.deps.config;
  reply.status(WEB_ERRORS[code].status);
  if (request.url.startsWith(API_PREFIX)) {
    if (code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
    const { refusalCode, link } = details;
    return reply.send({
      error: { code: refusalCode ?? code, message, ...(link ? { link: withBasePath(basePath, link) } : {}) },
    });
  }
  if (code === 'unauthenticated' && ['GET', 'HEAD'].includes(request.method)) {
    return reply.redirect(`/signin?next=${encodeURIComponent(request.url)}`, 303);
  }
  return reply.type('text/html; charset=utf-8').send(await errorPage(runtime, request, error));
}

/** Errors of libraries carry a status. Any other error is a fault of this program, and its text is only logged. */
function toWebError(error: unknown, ports: Pick<WebPorts, 'troubleInWords'>): WebError {
  if (error instanceof WebError) return error;
  const trouble = ports.troubleInWords(error);
  if (trouble) return trouble;
  // Nothing was appended, so the caller can send a corrected request.
  if (error instanceof UnstorableValueError) return new WebError('bad_request', `${error.message}.`);
  const status = statusOf(error);
  const code: WebErrorCode = codeOfStatus(status);
  const message =
    error instanceof Error && status < 500
      ? error.message
      : 'It is written down in the program’s log under the number of this request.';
  return new WebError(code, message);
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' ? error.statusCode : 500;
}
