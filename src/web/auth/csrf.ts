import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { WebError } from '../web-error.js';
import { API_PREFIX } from './identify.js';
import { derivedSecret, sameSecret } from './secrets.js';

const UNSAFE_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const LOOPBACK = /^(127(\.\d+){3}|\[::1\])$/;
export const CSRF_FIELD = '_csrf';

/**
 * The form token of a session, derived from the cookie's secret, which scripts can't read. It is masked differently in
 * every answer, because otherwise the size of a compressed page could reveal it step by step.
 */
export function csrfTokenOf(cookieSecret: string): string {
  const token = Buffer.from(derivedSecret('form', cookieSecret), 'base64url');
  const mask = randomBytes(token.length);
  return Buffer.concat([mask, xor(token, mask)]).toString('base64url');
}

/** Whether a token belongs to this session, with any mask. */
function isTokenOf(sent: string, cookieSecret: string): boolean {
  const bytes = Buffer.from(sent, 'base64url');
  const half = bytes.length / 2;
  if (!Number.isInteger(half)) return false;
  const token = xor(bytes.subarray(half), bytes.subarray(0, half)).toString('base64url');
  return sameSecret(token, derivedSecret('form', cookieSecret));
}

const xor = (one: Buffer, other: Buffer): Buffer =>
  Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));

/**
 * Refuses writes that a page of another site may have sent. Register it after the identity of requests. Errors: WebError
 * `csrf`.
 */
export function refuseForeignForms(app: FastifyInstance, publicOrigin: string | undefined): void {
  app.addHook('preValidation', async (request) => {
    const { identity, is404, method, url } = request;
    // A request without a route changes nothing, and its answer is the same for everybody.
    if (is404 || !UNSAFE_METHODS.has(method)) return;
    checkOrigin(request, publicOrigin);
    // Sign-in forms check a token of their own. The API accepts no cookies, so it needs no form token.
    if (url.startsWith(API_PREFIX) || url.startsWith('/signin/')) return;
    if (identity.kind === 'person') checkCsrfToken(request, identity.cookieSecret);
  });
}

/**
 * Refuses a write that was sent by a page of another site. Browsers send Sec-Fetch-Site; for older browsers the Origin
 * is checked. With a public address configured, the Origin must be that address, because a proxy may change the Host.
 */
export function checkOrigin(request: FastifyRequest, publicOrigin: string | undefined): void {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreignForm();
  const { origin, host } = request.headers;
  if (origin === undefined || origin === publicOrigin) return;
  const isSameHost = origin === `${request.protocol}://${host}`;
  if (!isSameHost || !isOwnName(origin, publicOrigin)) throw foreignForm();
}

/**
 * Whether the host of an origin is certainly this server. Any other name may belong to a foreign site whose DNS points
 * to this server; its Host and Origin are then equal.
 */
function isOwnName(origin: string, publicOrigin: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  return hostname === 'localhost' || (isAddress && publicOrigin === undefined) || LOOPBACK.test(hostname);
}

/** Refuses a write without the form token of its own session. Errors: WebError `csrf`. */
export function checkCsrfToken(request: FastifyRequest, cookieSecret: string | undefined): void {
  const body = request.body;
  const sent = typeof body === 'object' && body !== null && CSRF_FIELD in body ? body[CSRF_FIELD] : undefined;
  if (cookieSecret === undefined || typeof sent !== 'string' || !isTokenOf(sent, cookieSecret)) {
    throw new WebError('csrf', 'Reload the page and send the form again.');
  }
}

const foreignForm = () =>
  new WebError(
    'csrf',
    'The request came from another site, or through an address that OPSLEDGER_PUBLIC_URL does not say.',
  );
