import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../clock.js';
import { errorMessage } from '../../wording/error-message.js';
import {
  EventStoreConfigurationError,
  type EventStoreStatistics,
  type RunningEventStore,
  type StartEventStoreOptions,
} from './event-store-server.js';
import { silentLogger } from './logger.js';
import type { ChildOptions, FromChild, ToChild } from './process-messages.js';
import { FolderInUseError } from './storage/folder-lock.js';
import { DamagedLogError } from './storage/storage-errors.js';

/** The store keeps little in memory, so a small heap doesn't slow it down. */
const CHILD_V8_FLAGS = ['--max-semi-space-size=8', '--max-old-space-size=512'];
const RESTART_FIRST_MS = 100;
const RESTART_LAST_MS = 5_000;
const STOP_WAIT_MS = 10_000;
const STATISTICS_WAIT_MS = 5_000;

/** The options that can be sent to a child process. */
export type SpawnEventStoreOptions = Omit<StartEventStoreOptions, 'clock' | 'write'>;

/** A store in a child process. */
export interface SpawnedEventStore extends RunningEventStore {
  /** Process id of the current child; it changes when a dead child is replaced. */
  readonly pid: number;
}

/**
 * Starts the event store of a folder in a child process and keeps it running: a child that dies is started again on
 * the same port. The child ends with its parent. Errors are those of `startEventStore`.
 */
export async function spawnEventStore(options: SpawnEventStoreOptions): Promise<SpawnedEventStore> {
  const { logger = silentLogger } = options;
  const stopped = new AbortController();
  let current = await begin(options, options.port ?? 0);
  const { port, url } = current;
  let supervising = supervise();

  async function supervise(): Promise<void> {
    while (!stopped.signal.aborted) {
      await current.exited;
      if (stopped.signal.aborted) return;
      logger.error(
        { pid: current.child.pid },
        'the event store process ended unexpectedly; it is started again',
      );
      await restart();
    }
  }

  async function restart(): Promise<void> {
    for (
      let waitMs = RESTART_FIRST_MS;
      !stopped.signal.aborted;
      waitMs = Math.min(2 * waitMs, RESTART_LAST_MS)
    ) {
      try {
        current = await begin(options, port);
        return;
      } catch (error) {
        logger.error({ reason: errorMessage(error) }, 'the event store could not be started again yet');
        await systemClock.sleep(waitMs, stopped.signal);
      }
    }
  }

  return {
    port,
    url,
    get pid() {
      return current.child.pid ?? -1;
    },
    statistics: () => current.statistics(),
    async stop() {
      stopped.abort();
      await end(current);
      await supervising;
      // A restart may have started a new child meanwhile.
      await end(current);
      supervising = Promise.resolve();
    },
  };
}

interface Child {
  readonly child: ChildProcess;
  readonly url: string;
  readonly port: number;
  readonly exited: Promise<void>;
  statistics(): Promise<EventStoreStatistics>;
}

async function begin(options: SpawnEventStoreOptions, port: number): Promise<Child> {
  const { logger = silentLogger } = options;
  const child = forkProcess();
  const exited = once(child, 'exit').then(() => undefined);
  const statistics = new Map<number, (statistics: EventStoreStatistics) => void>();
  let requests = 0;
  const started = new Promise<{ url: string; port: number }>((resolve, reject) => {
    child.on('message', (message: FromChild) => {
      if (message.kind === 'started') resolve(message);
      else if (message.kind === 'failed') reject(errorOf(message));
      else if (message.kind === 'log') logger[message.level](message.fields, message.message);
      else statistics.get(message.request)?.(message.statistics);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(
        new Error(`the event store process ended before it was ready (${signal ?? `exit code ${code}`})`),
      );
    });
  });
  send(child, { kind: 'start', options: childOptions(options, port) });
  let bound: { url: string; port: number };
  try {
    bound = await started;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    ...bound,
    child,
    exited,
    statistics() {
      requests += 1;
      const request = requests;
      return new Promise((resolve, reject) => {
        const forget = () => {
          clearTimeout(timer);
          statistics.delete(request);
        };
        const timer = setTimeout(() => {
          forget();
          reject(new Error('the event store process does not answer'));
        }, STATISTICS_WAIT_MS);
        statistics.set(request, (answer) => {
          forget();
          resolve(answer);
        });
        send(child, { kind: 'statistics', request });
      });
    },
  };
}

function childOptions(options: SpawnEventStoreOptions, port: number): ChildOptions {
  const { dataDir, host = '127.0.0.1', credentials, tls, limits } = options;
  return {
    dataDir,
    host,
    port,
    credentials,
    limits,
    tls: tls && { certificate: tls.certificate.toString(), key: tls.key.toString() },
  };
}

function forkProcess(): ChildProcess {
  const entry = new URL('./event-store-process.js', import.meta.url);
  const { NODE_OPTIONS: _loaders, ...env } = process.env;
  return fork(fileURLToPath(entry), [], {
    env,
    execArgv: CHILD_V8_FLAGS,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message);
}

function errorOf({ name, message, code }: Extract<FromChild, { kind: 'failed' }>): Error {
  if (name === 'FolderInUseError') return new FolderInUseError(message);
  if (name === 'DamagedLogError') return new DamagedLogError(message);
  if (name === 'EventStoreConfigurationError') return new EventStoreConfigurationError(message);
  return Object.assign(new Error(message), { code });
}

async function end({ child, exited }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  send(child, { kind: 'stop' });
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
  await exited;
  clearTimeout(timer);
}
