import { createServer as createHttp1Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { EventStoreLimits } from '../limits.js';
import { answerHttp1 } from './http-information.js';
import type { Router } from './router.js';

export interface TlsMaterial {
  /** PEM. */
  readonly certificate: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMaterial | undefined;
  readonly limits: EventStoreLimits;
  readonly router: Router;
  readonly serving: () => boolean;
}

/** An open port: HTTP/2 for gRPC, HTTP/1 for health and information, with or without TLS. */
export interface Listener {
  readonly port: number;
  /**
   * Accepts no more connections and ends the open ones when their calls have ended, after `graceMs` at the latest.
   */
  close(graceMs: number): Promise<void>;
}

const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
/** Memory that HTTP/2 may hold for one connection, megabytes. */
const SESSION_MEMORY_MB = 64;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');
const FIRST_BYTES_WAIT_MS = 10_000;

/** Errors: those of listening (EADDRINUSE, EACCES, …). */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { host, port, tls, limits, router, serving } = options;
  const settings = {
    initialWindowSize: STREAM_WINDOW_BYTES,
    maxConcurrentStreams: limits.callsPerConnectionMax,
  };
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  const http2 = createHttp2Server({ settings, maxSessionMemory: SESSION_MEMORY_MB });
  takeSessions(http2, sessions, router);
  const http1 = createHttp1Server(answerHttp1(serving));
  const server = tls
    ? createTlsServer(
        { cert: tls.certificate, key: tls.key, ALPNProtocols: ['h2', 'http/1.1'] },
        (socket) => {
          (socket.alpnProtocol === 'h2' ? http2 : http1).emit('connection', socket);
        },
      )
    : createNetServer((socket) => route(socket, http1, http2));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.maxConnections = limits.connectionsMax;
  server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      http1.closeIdleConnections();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function takeSessions(server: Http2Server, sessions: Set<ServerHttp2Session>, router: Router): void {
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on('close', () => sessions.delete(session));
    // A broken connection ends only its own calls.
    session.on('error', () => session.destroy());
  });
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => router.handle(stream, headers));
}

/** Distinguishes HTTP/2 from HTTP/1 by the first bytes of a connection without TLS. */
function route(socket: Socket, http1: ReturnType<typeof createHttp1Server>, http2: Http2Server): void {
  const timer = setTimeout(() => socket.destroy(), FIRST_BYTES_WAIT_MS);
  timer.unref();
  socket.on('close', () => clearTimeout(timer));
  socket.once('data', (first: Buffer) => {
    clearTimeout(timer);
    socket.pause();
    const length = Math.min(first.length, PREFACE.length);
    const isHttp2 = first.compare(PREFACE, 0, length, 0, length) === 0;
    socket.unshift(first);
    (isHttp2 ? http2 : http1).emit('connection', socket);
    if (!isHttp2) socket.resume();
  });
}
