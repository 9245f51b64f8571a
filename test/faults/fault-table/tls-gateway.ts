import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { CertificateFiles } from '../../support/tls-certificates.js';

/** Takes TLS off connections to a server that speaks HTTP/2 without it. */
export interface TlsGateway {
  readonly port: number;
  /** Shows another certificate from now on, and cuts the connections that were made with the last one. */
  present(certificate: CertificateFiles): Promise<void>;
  close(): Promise<void>;
}

/** Starts a gateway on a free loopback port to `targetPort` on loopback. */
export async function startTlsGateway(
  targetPort: number,
  certificate: CertificateFiles,
): Promise<TlsGateway> {
  const sockets = new Set<Socket>();
  const server = createServer({ ...(await filesOf(certificate)), ALPNProtocols: ['h2'] }, (client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the gateway has no port');
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    async present(other) {
      server.setSecureContext(await filesOf(other));
      cutAll();
    },
    async close() {
      server.close();
      cutAll();
      await once(server, 'close');
    },
  };
}

const filesOf = async ({ certFile, keyFile }: CertificateFiles) => ({
  cert: await readFile(certFile),
  key: await readFile(keyFile),
});
