import { connect, createServer, type Socket } from 'node:net';

/**
 * A TCP proxy for PostgreSQL that can lose one answer: the statement reaches the server, and the connection is cut
 * before the server's answer comes back (fault X16).
 */
export interface AnswerCutter {
  /** The connection string through the proxy. */
  readonly url: string;
  /** Loses the answer to the next simple or extended statement that contains the text. */
  loseAnswerTo(statement: string): void;
  /** Answers lost so far. */
  lost(): number;
  close(): Promise<void>;
}

export async function createAnswerCutter(target: string): Promise<AnswerCutter> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let wanted: string | undefined;
  let lost = 0;

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let cutting = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (wanted !== undefined && chunk.includes(wanted)) {
        wanted = undefined;
        cutting = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!cutting) {
        client.write(chunk);
        return;
      }
      lost += 1;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(target);
  url.port = String(address.port);

  return {
    url: url.href,
    loseAnswerTo(statement) {
      wanted = statement;
    },
    lost: () => lost,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
