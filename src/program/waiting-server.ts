import { createServer } from 'node:http';
import { listen } from '../process/listen.js';
import { escapeHtml } from '../wording/escape-html.js';

/** Seconds after which a client may ask again. */
const RETRY_AFTER_S = '5';

/** Answers every request with 503 and a sentence, until the hub itself listens at the same address. */
export interface WaitingServer {
  /** Sets the sentence that says what the program waits for. */
  say(sentence: string): void;
  /** Stops listening and frees the address. Tolerates a second call. */
  close(): Promise<void>;
}

/** Starts listening. Errors: that of listening, such as EADDRINUSE. */
export async function startWaitingServer(address: {
  readonly host: string;
  readonly port: number;
}): Promise<WaitingServer> {
  let waitingFor = '';
  const server = createServer(({ url = '/' }, response) => {
    const { type, body } = answerTo(url, waitingFor);
    response
      .writeHead(503, {
        'content-type': `${type}; charset=utf-8`,
        'cache-control': 'no-store',
        'retry-after': RETRY_AFTER_S,
      })
      .end(body);
  });
  const { close } = await listen(server, address);
  return {
    say(sentence) {
      waitingFor = sentence;
    },
    close,
  };
}

/** The answer in the form that the hub itself would use for probes, for the API, or for people. */
function answerTo(url: string, sentence: string): { readonly type: string; readonly body: string } {
  if (/^\/(healthz|readyz)\b/.test(url))
    return { type: 'application/json', body: JSON.stringify({ status: 'down', reason: sentence }) };
  if (url.startsWith('/api/'))
    return {
      type: 'application/json',
      body: JSON.stringify({ error: { code: 'unavailable', message: sentence } }),
    };
  return {
    type: 'text/html',
    body: `<!doctype html><html lang="en"><meta http-equiv="refresh" content="${RETRY_AFTER_S}"><title>Not available</title><h1>Not available</h1><p>${escapeHtml(sentence)}`,
  };
}
