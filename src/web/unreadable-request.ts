import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { securityHeaders } from './security-headers.js';

const HEADERS_TOO_LONG = {
  status: 431,
  message:
    'The address or the headers of this request are too long. Shorten the address; if it is short, delete the cookies of this site.',
};
const TOO_SLOW = { status: 408, message: 'The request did not arrive in time. Try again.' };
const NOT_HTTP = { status: 400, message: 'The request is not well formed. Try again.' };
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
  if (socket.writable && error.code !== 'ECONNRESET') {
    const { status, message } = ANSWERS[error.code ?? ''] ?? NOT_HTTP;
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
  socket.destroySoon();
}
