import { createServer } from 'node:http';
import { listen } from '../process/listen.js';
import { securityHeaders } from '../process/security-headers.js';
import { isProbe } from '../web/availability.js';
import { withoutBasePath } from '../web/base-path.js';
import { escapeHtml } from '../wording/escape-html.js';
import type { PublicSite } from './public-site.js';

/** Seconds after which a client may ask again. */
const RETRY_AFTER_S = '5';

/** Answers every request with 503 and a sentence, until the hub itself listens at the same address. */
export interface WaitingServer {
  /** Sets the sentence that says what the program waits for. */
  say(sentence: string): void;
  /** Stops listening and frees the address. Tolerates a second call. */
  close(): Promise<void>;
}

/** Starts listening in place of the hub of this site. Errors: that of listening, such as EADDRINUSE. */
export async function startWaitingServer(options: {
  readonly host: string;
  readonly port: number;
  readonly site: PublicSite;
}): Promise<WaitingServer> {
  const { site } = options;
  const pathOf = withoutBasePath(site.basePath);
  const headers = {
    ...securityHeaders(site),
    'cache-control': 'private, no-store',
    'retry-after': RETRY_AFTER_S,
  };
  let waitingFor = '';
  const server = createServer((request, response) => {
    const { type, body } = answerTo(pathOf(request), waitingFor);
    response.writeHead(503, { ...headers, 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  const { close } = await listen(server, options);
  return {
    say(sentence) {
      waitingFor = sentence;
    },
    close,
  };
}

/** The answer in the form that the hub itself would use for probes, for the API, or for people. */
function answerTo(path: string, sentence: string): { readonly type: string; readonly body: string } {
  if (isProbe(path))
    return { type: 'application/json', body: JSON.stringify({ status: 'down', reason: sentence }) };
  if (path.startsWith('/api/'))
    return {
      type: 'application/json',
      body: JSON.stringify({ error: { code: 'unavailable', message: sentence } }),
    };
  return {
    type: 'text/html',
    body: `<!doctype html><html lang="en"><meta http-equiv="refresh" content="${RETRY_AFTER_S}"><title>Not available</title><h1>Not available</h1><p>${escapeHtml(sentence)}`,
  };
}
