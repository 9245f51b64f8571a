import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TargetChange } from './promise-checker.js';

/** An outside system that runs change over HTTP. It has its own log of every change that it accepted. */
export interface TargetServer {
  readonly url: string;
  readonly effects: readonly TargetChange[];
  close(): Promise<void>;
}

/**
 * `POST /<run>/<item>/<action>/<request id>` makes a change; `GET` answers 200 if the change was made, otherwise 404.
 */
export async function startTargetServer(): Promise<TargetServer> {
  const effects: TargetChange[] = [];
  const server = createServer((request, response) => {
    const [, runId = '', itemId = '', action = '', clientRequestId] = (request.url ?? '').split('/');
    const changed = effects.some(
      (one) => one.runId === runId && one.itemId === itemId && one.action === action,
    );
    if (request.method === 'POST') effects.push({ runId, itemId, action, clientRequestId });
    response.writeHead(request.method === 'POST' || changed ? 200 : 404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the target has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    effects,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
