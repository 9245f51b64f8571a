import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestOf, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** An HTTP proxy that passes an answer on only when it is complete, compressed. */
export interface BufferingProxy {
  readonly origin: string;
  /** Live streams that it has held back so far, those included whose reader has left. */
  streamsHeld(): number;
  close(): Promise<void>;
}

const compressed = promisify(gzip);

/**
 * Starts a proxy on a free loopback port in front of a server on `targetPort`. `rewrite` may change the text of
 * each answer.
 */
export async function startBufferingProxy(
  targetPort: number,
  rewrite: (text: string) => string = (text) => text,
): Promise<BufferingProxy> {
  let streams = 0;

  async function passOn(answer: IncomingMessage, response: ServerResponse) {
    const type = answer.headers['content-type'] ?? '';
    if (type.startsWith('text/event-stream')) streams += 1;
    try {
      const body = await buffer(answer);
      const isText = type.startsWith('text/html');
      const sent = await compressed(isText ? rewrite(body.toString()) : body);
      const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, {
        ...headers,
        'content-encoding': 'gzip',
        'content-length': sent.length,
      });
      response.end(sent);
    } catch {
      response.destroy();
    }
  }

  const server = createServer((asked, response) => {
    const { method, url: path } = asked;
    const headers = { ...asked.headers, 'accept-encoding': 'identity' };
    const forwarded = requestOf({ host: '127.0.0.1', port: targetPort, method, path, headers });
    forwarded.on('response', (answer) => void passOn(answer, response));
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    asked.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  return {
    origin: `http://127.0.0.1:${address.port}`,
    streamsHeld: () => streams,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
