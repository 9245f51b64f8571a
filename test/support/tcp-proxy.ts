import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a server that can disturb its connections. */
export interface TcpProxy {
  readonly port: number;
  /** Forwards everything again. */
  heal(): void;
  /** Cuts every connection and accepts no new one, as if the server were gone. */
  goAway(): void;
  /** Keeps connections open and forwards nothing, as if the network dropped every packet. */
  hang(): void;
  /** Sends new connections to another port. Open connections stay as they are. */
  redirect(port: number): void;
  /**
   * Forwards requests, and loses every `nth` piece of an answer together with its connection: the server has done what
   * was asked, but the client doesn't know it.
   */
  loseEvery(nth: number): void;
  /** How many answers were lost so far. */
  lost(): number;
  close(): Promise<void>;
}

type Mode = { readonly kind: 'pass' | 'away' | 'hang' } | { readonly kind: 'lose'; readonly nth: number };

/** Starts a proxy on a free loopback port that forwards to `targetPort` on loopback. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let mode: Mode = { kind: 'pass' };
  let target = targetPort;
  let pieces = 0;
  let lost = 0;

  const server = createServer((client) => {
    if (mode.kind === 'away') return client.destroy();
    const upstream = connect(target, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        pairs.delete(pair);
        for (const either of pair) either.destroy();
      });
    }
    if (mode.kind === 'hang') for (const socket of pair) socket.pause();
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      pieces += 1;
      if (mode.kind !== 'lose' || pieces % mode.nth !== 0) return client.write(chunk);
      lost += 1;
      return client.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  const cutAll = () => {
    for (const [client] of pairs) client.destroy();
  };

  return {
    port: address.port,
    heal() {
      mode = { kind: 'pass' };
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    goAway() {
      mode = { kind: 'away' };
      cutAll();
    },
    hang() {
      mode = { kind: 'hang' };
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    redirect(port) {
      target = port;
    },
    loseEvery(nth) {
      mode = { kind: 'lose', nth };
    },
    lost: () => lost,
    async close() {
      server.close();
      cutAll();
      await once(server, 'close');
    },
  };
}
