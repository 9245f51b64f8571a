import { createServer } from 'node:http';
import { listen } from '../listen.js';

/** Seconds after which whoever asked may ask again. */
const RETRY_AFTER_S = '5';

/** Answers every request with 503 and a sentence, until the hub itself can listen at the same address. */
export interface WaitingServer {
  /** What is waited for at present. */
  say(sentence: string): void;
  /** Lets the address go; tolerates a second call. */
  close(): Promise<void>;
}

/** Begins to answer. Errors: that of listening, such as EADDRINUSE. */
export async function startWaitingServer(address: {
  readonly host: string;
  readonly port: number;
}): Promise<WaitingServer> {
  let waitingFor = '';
  const server = createServer((_request, response) => {
    response
      .writeHead(503, {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'retry-after': RETRY_AFTER_S,
      })
      .end(JSON.stringify({ status: 'down', reason: waitingFor }));
  });
  const { close } = await listen(server, address);
  return {
    say(sentence) {
      waitingFor = sentence;
    },
    close,
  };
}
