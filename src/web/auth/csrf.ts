import type { FastifyRequest } from 'fastify';
import { WebError } from '../web-error.js';
import { derivedSecret, sameSecret } from './secrets.js';

const UNSAFE_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
export const CSRF_FIELD = '_csrf';

/** The token that a session's forms carry: it follows from the cookie's secret, which scripts can't read. */
export const csrfTokenOf = (cookieSecret: string): string => derivedSecret('form', cookieSecret);

/** Refuses a write that another site's page sent. Browsers send Sec-Fetch-Site; the Origin serves older ones. */
export function checkOrigin(request: FastifyRequest): void {
  if (!UNSAFE_METHODS.has(request.method)) return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreignForm();
  const origin = request.headers.origin;
  if (origin !== undefined && hostOf(origin) !== request.headers.host) throw foreignForm();
}

/** Refuses a write without the form token of its own session. Errors: WebError `csrf`. */
export function checkCsrfToken(request: FastifyRequest, cookieSecret: string | undefined): void {
  const body = request.body;
  const sent = typeof body === 'object' && body !== null && CSRF_FIELD in body ? body[CSRF_FIELD] : undefined;
  if (
    cookieSecret === undefined ||
    typeof sent !== 'string' ||
    !sameSecret(sent, csrfTokenOf(cookieSecret))
  ) {
    throw new WebError('csrf', 'Reload the page and send the form again.');
  }
}

export const isWrite = (method: string): boolean => UNSAFE_METHODS.has(method);

const foreignForm = () => new WebError('csrf', 'The request came from another site.');

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
