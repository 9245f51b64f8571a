import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';

/** Ends what would keep a closing server open: Node ends only connections that have had a request and are idle. */
export interface ConnectionEnd {
  /** Connections without a request end at once, all others after `withinMs` at the latest. Call it at close. */
  begin(withinMs: number): void;
  /** The server has closed. */
  done(): void;
}

/** Watches a server's connections from the beginning. */
export function watchConnections(server: Server, clock: Clock): ConnectionEnd {
  const closed = new AbortController();
  // Browsers connect ahead of need; such a connection counts as active until its headers are overdue.
  const silent = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return {
    begin(withinMs) {
      for (const socket of silent) socket.destroy();
      void clock.sleep(withinMs, closed.signal).then(() => {
        if (!closed.signal.aborted) server.closeAllConnections();
      });
    },
    done: () => closed.abort(),
  };
}
