import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../../src/app-version.js';
import type { BedStore } from '../../support/fault-bed.js';
import { freePort } from '../../support/free-port.js';
import { programEnvironment } from '../../support/running-product.js';

const CLI = path.join(packageRoot, 'dist', 'src', 'cli.js');

export interface KeptEventStore extends BedStore {
  /** Stops it, has `change` change its folder, and starts it again. */
  whileStopped(change: () => void): Promise<void>;
}

/** `opsledger event-store` on a folder, started again on its port whenever it ends before `stopped` aborts. */
export async function keepEventStore(
  dataDir: string,
  environment: NodeJS.ProcessEnv,
  stopped: AbortSignal,
): Promise<KeptEventStore> {
  const port = await freePort();
  const start = async () => {
    const child = spawn(process.execPath, [CLI, 'event-store', '--data', dataDir, '--port', String(port)], {
      env: programEnvironment(environment),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout }))
      if (line.startsWith('esdb:')) return { child, exited };
    throw new Error('the event store ended before it was up');
  };
  let current = await start();
  let isStopping = false;
  const supervise = async () => {
    for (;;) {
      await current.exited;
      if (isStopping || stopped.aborted) return;
      current = await start();
    }
  };
  let supervising = supervise();
  const stop = async () => {
    isStopping = true;
    current.child.kill('SIGTERM');
    await supervising;
  };
  return {
    port,
    url: `esdb://127.0.0.1:${port}?tls=false`,
    get pid() {
      return current.child.pid ?? -1;
    },
    stop,
    async whileStopped(change) {
      await stop();
      change();
      isStopping = false;
      current = await start();
      supervising = supervise();
    },
  };
}
