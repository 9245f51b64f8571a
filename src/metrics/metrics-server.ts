import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { type Listening, listen } from '../process/listen.js';
import { securityHeaders } from '../process/security-headers.js';
import type { Metrics } from './metrics.js';

/** Metrics are read without TLS. */
const HEADERS = { ...securityHeaders({ tls: false }), 'cache-control': 'no-store' };

/**
 * Starts a server for `GET /metrics` at its own address, without the sign-in of the pages. Errors: that of
 * listening, such as EADDRINUSE.
 */
export async function startMetricsServer(
  metrics: Metrics,
  options: { readonly host: string; readonly port: number; readonly logger: Logger },
): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(metrics, request, response).catch((error: unknown) => {
      options.logger.error({ err: error }, 'the metrics could not be collected');
      if (!response.headersSent) response.writeHead(500, HEADERS);
      response.end();
    });
  });
  return listen(server, options);
}

async function answer(metrics: Metrics, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refuse = (status: number, sentence: string, headers = {}) =>
    response
      .writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', ...headers })
      .end(`${sentence}\n`);
  if (request.url?.split('?')[0] !== '/metrics') refuse(404, 'Only /metrics is answered here.');
  else if (request.method !== 'GET') refuse(405, 'Only GET is answered here.', { allow: 'GET' });
  else {
    const text = await metrics.text();
    response.writeHead(200, { ...HEADERS, 'content-type': metrics.contentType }).end(text);
  }
}
