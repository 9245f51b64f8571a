import type { FastifyReply } from 'fastify';
import type { Clock } from '../../clock.js';
import type { Exchange } from './exchange.js';
import { graphJson } from './graph-value.js';

const HUGE_CHUNK_BYTES = 64 * 1024;

/** Sends an answer, changed or cut off as its fault says. */
export async function sendExchange(
  { answer, identity, fault }: Exchange,
  reply: FastifyReply,
  clock: Clock,
): Promise<void> {
  if (fault?.kind === 'latency') await clock.sleep(fault.latencyMs);
  const text = answer.body === null ? '' : graphJson(answer.body);
  switch (fault?.kind) {
    case 'hang':
      reply.hijack();
      return;
    case 'cut':
      reply.hijack();
      if (fault.midBody) cutMidBody(reply, text);
      else reply.raw.destroy();
      return;
    case 'huge_body':
      reply.hijack();
      sendHugeBody(reply, fault.bytes);
      return;
    case 'html':
      await reply.code(fault.status).type('text/html').send(fault.body);
      return;
    case 'redirect':
      await reply.code(302).header('location', fault.location).send();
      return;
    case 'malformed_json':
      await reply
        .code(200)
        .type('application/json')
        .send(text.slice(0, text.length / 2));
      return;
    case 'invalid_utf8': {
      const bytes = Buffer.from(text);
      bytes[bytes.indexOf('"') + 1] = 0xff;
      await reply.code(answer.status).type('application/json; charset=utf-8').send(bytes);
      return;
    }
    default:
      await reply
        .code(answer.status)
        .headers({
          date: new Date(identity.at).toUTCString(),
          'request-id': identity.requestId,
          'client-request-id': identity.clientRequestId,
          ...answer.headers,
        })
        .type('application/json; odata.metadata=minimal; charset=utf-8')
        .send(answer.body === null ? undefined : text);
  }
}

function cutMidBody(reply: FastifyReply, text: string): void {
  reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  reply.raw.write(text.slice(0, text.length / 2), () => reply.raw.destroy());
}

/** Sends a valid JSON text of more than `bytes`, without a content length. */
function sendHugeBody(reply: FastifyReply, bytes: number): void {
  const chunk = Buffer.alloc(HUGE_CHUNK_BYTES, 'x');
  let left = bytes;
  reply.raw.writeHead(200, { 'content-type': 'application/json' });
  reply.raw.write('{"value":["');
  const more = (): void => {
    while (left > 0 && !reply.raw.destroyed) {
      left -= chunk.length;
      if (!reply.raw.write(chunk)) {
        reply.raw.once('drain', more);
        return;
      }
    }
    if (!reply.raw.destroyed) reply.raw.end('"]}');
  };
  more();
}
