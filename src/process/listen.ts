import { once } from 'node:events';
import type { Server } from 'node:http';

/** A server that listens. */
export interface Listening {
  /** The one it was given, or the free one that it took for 0. */
  readonly port: number;
  /** Ends its connections and lets the address go; tolerates a second call. */
  close(): Promise<void>;
}

/** Has a plain HTTP server listen. Errors: that of listening, such as EADDRINUSE. */
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
