/** A real PgBouncer in transaction mode in front of a test's PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { freePort } from './free-port.js';
import { pgBouncerPath } from './system-parts.js';

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

export interface TestPgBouncer {
  /** The same address through the pooler. */
  through(url: string): string;
  /** Kills it together with all connections, and starts it again at the same address. */
  restart(): Promise<void>;
}

/**
 * Starts a PgBouncer for the server and the logins of these addresses. `settings` are additional lines of its
 * configuration. Rejects when it is missing (see `skipWithoutPgBouncer`) or doesn't start.
 */
export async function startPgBouncer(
  t: Teardown,
  urls: readonly string[],
  settings: readonly string[] = [],
): Promise<TestPgBouncer> {
  const binary = pgBouncerPath();
  const server = new URL(urls[0] ?? '');
  if (binary === undefined) throw new Error('PgBouncer is missing');
  const folder = await mkdtemp(join(tmpdir(), 'opsledger-pgbouncer-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const users = urls
    .map((url) => new URL(url))
    .map(({ username, password }) => `"${username}" "${password}"`);
  await writeFile(join(folder, 'users'), `${users.join('\n')}\n`);
  await writeFile(
    join(folder, 'config'),
    [
      '[databases]',
      `* = host=127.0.0.1 port=${server.port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = plain',
      `auth_file = ${join(folder, 'users')}`,
      'pool_mode = transaction',
      'default_pool_size = 4',
      ...settings,
      '',
    ].join('\n'),
  );
  // PgBouncer refuses to run as root.
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const start = async () => {
    const started = spawn(binary, [...asNobody, join(folder, 'config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    await up(started.stderr);
  };
  t.teardown(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  });
  await start();
  return {
    through(url) {
      const pooled = new URL(url);
      pooled.port = String(port);
      return pooled.href;
    },
    async restart() {
      await kill();
      await start();
    },
  };
}

/** Resolves when it accepts connections. Rejects when it ends before that. */
async function up(output: Readable): Promise<void> {
  for await (const line of createInterface({ input: output }))
    if (line.includes('process up')) {
      output.resume();
      return;
    }
  throw new Error('PgBouncer ended before it was up');
}
