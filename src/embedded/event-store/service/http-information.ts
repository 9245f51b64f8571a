import type { IncomingMessage, ServerResponse } from 'node:http';
import { SERVER_VERSION } from './information.js';

/** Answers plain HTTP/1 requests of load balancers and of EventStoreDB's tools. */
export function answerHttp1(serving: () => boolean) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    const path = (request.url ?? '').split('?')[0];
    const readable = request.method === 'GET' || request.method === 'HEAD';
    if (readable && path === '/health/live') {
      response.writeHead(serving() ? 204 : 503).end();
      return;
    }
    if (readable && (path === '/info' || path === '/ping')) {
      const body = path === '/ping' ? PING : information();
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    response.writeHead(404).end();
  };
}

/** EventStoreDB numbers its messages; the number of the answer to a ping differs between versions. */
const PING = { msgTypeId: 0, text: 'Ping request successfully handled' };

const information = () => ({
  dbVersion: SERVER_VERSION,
  esVersion: SERVER_VERSION,
  state: 'leader',
  features: { projections: false, userManagement: false, atomPub: false },
  authentication: { type: 'internal', properties: {} },
});
