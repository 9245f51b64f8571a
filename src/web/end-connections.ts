import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';

/**
 * Ends connections that would keep a closing server open. Node itself ends only idle connections that have had a
 * request.
 */
export interface ConnectionEnd {
  /**
   * Ends connections without a request at once, and all others after `withinMs` at the latest. Call it when the server
   * begins to close.
   */
  begin(withinMs: number): void;
  /** Call it when the server has closed. */
  done(): void;
}

/** Watches all connections of a server. Call it before the server listens. */
export function watchConnections(server: Server, clock: Clock): ConnectionEnd {
  const closed = new AbortController();
  // Browsers open connections before they need them. Node counts such a connection as active until its headers are
  // overdue.
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
