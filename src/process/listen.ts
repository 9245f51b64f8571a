import { once } from 'node:events';
import type { Server } from 'node:http';

/** A server that listens. */
export interface Listening {
  /** The given port, or the free port that was chosen for 0. */
  readonly port: number;
  /** Ends its connections and frees its address; may be called more than once. */
  close(): Promise<void>;
}

/** Starts a plain HTTP server on an address. Errors: those of listening, such as EADDRINUSE. */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
