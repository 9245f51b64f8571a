/** A real nats-server with JetStream, on its own port and store folder, which tests may stop, kill and freeze. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { natsServerPath } from './system-parts.js';

const START_LIMIT_MS = 120_000;
const PORT_ATTEMPTS_MAX = 5;

export interface TestNatsServer {
  readonly url: string;
  readonly port: number;
  /** Starts it again after `stop` or `kill`, on the same port and folder. */
  start(): Promise<void>;
  /** Stops it with SIGTERM and waits for its end. */
  stop(): Promise<void>;
  /** Kills it with SIGKILL and waits for its end. */
  kill(): Promise<void>;
  /** Freezes the process: its connections stay open and nothing answers. `thaw` ends this. */
  freeze(): void;
  thaw(): void;
  /**
   * Removes its data folder. While the server runs this is the fault X10; otherwise the server starts without data next
   * time.
   */
  wipe(): Promise<void>;
  /** Kills it if it runs, and removes its data. */
  dispose(): Promise<void>;
}

export interface TestNatsServerOptions {
  /** Further command line arguments, for example `['--user', 'u', '--pass', 'p']`. */
  readonly args?: readonly string[];
  /** Whether the server has JetStream; true by default. Without it the server keeps no streams. */
  readonly jetStream?: boolean;
}

/** Starts a server. Rejects when nats-server is missing (see `skipWithoutNats`) or doesn't start. */
export async function startNatsServer(options: TestNatsServerOptions = {}): Promise<TestNatsServer> {
  const binary = natsServerPath();
  if (binary === undefined) throw new Error('nats-server is missing');
  const folder = await mkdtemp(join(tmpdir(), 'opsledger-nats-'));
  for (let attempt = 1; ; attempt += 1) {
    const server = natsServerAt(binary, folder, await freePort(), [
      ...(options.jetStream === false ? [] : ['-js']),
      ...(options.args ?? []),
    ]);
    try {
      await server.start();
      return server;
    } catch (error) {
      // Another process may have taken the free port before the server listened on it.
      if (attempt === PORT_ATTEMPTS_MAX) throw error;
    }
  }
}

function natsServerAt(
  binary: string,
  folder: string,
  port: number,
  extraArgs: readonly string[],
): TestNatsServer {
  const args = ['-a', '127.0.0.1', '-p', String(port), '-sd', folder, ...extraArgs];
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, 'exit');
    ending.kill(signal);
    await exited;
  }

  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    async start() {
      if (child !== undefined) return;
      const started = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], env: plainEnvironment() });
      child = started;
      try {
        await untilReady(started);
      } catch (error) {
        await end('SIGKILL');
        throw error;
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    wipe: () => rm(folder, { recursive: true, force: true }),
    async dispose() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Resolves when the server reports that it accepts clients. It keeps reading the server's log, because a full pipe
 * would block the server.
 */
function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`nats-server ${why}: ${lines.slice(-5).join(' | ')}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with ${code}`));
    if (child.stderr === null) throw new Error('nats-server was started without a stderr pipe');
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (lines.length < 1_000) lines.push(line);
      if (!line.includes('Server is ready')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const probe: Server = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** The environment without the loader that tap adds to NODE_OPTIONS. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return environment;
}
