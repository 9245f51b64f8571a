import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { securityHeaders } from '../process/security-headers.js';
import { WebError } from './web-error.js';

const HEADERS_TOO_LONG = {
  status: 431,
  message:
    'The address or the headers of this request are too long. Shorten the address; if it is short, delete the cookies of this site.',
};
const TOO_SLOW = { status: 408, message: 'The request did not arrive in time. Try again.' };
const NOT_HTTP = { status: 400, message: 'The request is not well formed. Try again.' };
const NO_PROXY = { status: 405, message: 'This server opens no connections to others.' };
const ANSWERS: Readonly<Record<string, typeof NOT_HTTP>> = {
  HPE_HEADER_OVERFLOW: HEADERS_TOO_LONG,
  ERR_HTTP_REQUEST_TIMEOUT: TOO_SLOW,
};

/**
 * Answers a request that Node.js could not parse, and ends its connection. No route and no hook sees such a request, so
 * the page is plain and its headers are written here.
 */
export function answerUnreadable(
  error: NodeJS.ErrnoException,
  socket: Socket,
  options: { readonly tls: boolean },
): void {
  if (error.code === 'ECONNRESET') socket.destroySoon();
  else endWith(socket, ANSWERS[error.code ?? ''] ?? NOT_HTTP, options);
}

/**
 * Answers requests that Node.js would answer by itself, with a bare status, or not at all: without one name of a host,
 * with an expectation other than 100-continue, and with the method CONNECT.
 */
export function refuseUnclearRequests(app: FastifyInstance, options: { readonly tls: boolean }): void {
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.server.on('connect', (_request, socket) => endWith(socket, NO_PROXY, options));
  app.addHook('onRequest', async ({ raw }) => {
    const hosts = raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
    if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1'))
      throw new WebError('bad_request', 'This request doesn’t name one host. Send one header Host.');
    if (raw.headers.expect !== undefined && raw.headers.expect.toLowerCase() !== '100-continue')
      throw new WebError('expectation_failed', 'Of the header Expect only 100-continue is known here.');
  });
}

function endWith(socket: Duplex, answer: typeof NOT_HTTP, options: { readonly tls: boolean }): void {
  const { status, message } = answer;
  socket.on('error', () => socket.destroy());
  if (socket.writable) {
    const body = `<!doctype html><html lang="en"><title>${STATUS_CODES[status]}</title><p>${message}</p></html>`;
    const headers = {
      ...securityHeaders(options),
      'cache-control': 'private, no-store',
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.write([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
  }
  socket.end(() => socket.destroy());
}
