import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';

/** Answers `GET /metrics` at an address of its own, apart from the pages and their sign-in. */
export interface MetricsServer {
  readonly port: number;
  /** Lets the address go; tolerates a second call. */
  close(): Promise<void>;
}

/** Begins to answer. Errors: that of listening, such as EADDRINUSE. */
export async function startMetricsServer(
  metrics: Metrics,
  options: { readonly host: string; readonly port: number; readonly logger: Logger },
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    answer(metrics, request, response).catch((error: unknown) => {
      options.logger.error({ err: error }, 'the metrics could not be collected');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(metrics: Metrics, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refuse = (status: number, sentence: string, headers = {}) =>
    response
      .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
      .end(`${sentence}\n`);
  if (request.url?.split('?')[0] !== '/metrics') refuse(404, 'Only /metrics is answered here.');
  else if (request.method !== 'GET') refuse(405, 'Only GET is answered here.', { allow: 'GET' });
  else {
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text);
  }
}
