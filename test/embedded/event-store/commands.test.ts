import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { EventStoreDBClient } from '@eventstore/db-client';
import t, { type Test } from 'tap';
import { event, testFolder, testStore } from './support/test-store.js';

const CLI = new URL('../../../src/cli.js', import.meta.url).pathname;
/** The store waits half a second for clients that don't read their answers; the rest is for a busy machine. */
const STOP_WITHIN_MS = 5_000;

function command(t: Test, ...args: string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [CLI, 'event-store', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child as ChildProcess & { readonly stdout: NodeJS.ReadableStream };
}

t.test('SIGTERM under load keeps what was acknowledged and ends in time', { timeout: 180_000 }, async (t) => {
  const dataDir = testFolder(t);
  const child = command(t, '--data', dataDir, '--port', '0');
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const client = EventStoreDBClient.connectionString(url);
  const acknowledged = new Map<string, number>();
  let stopping = false;
  let enough: () => void = () => undefined;
  const loaded = new Promise<void>((resolve) => {
    enough = resolve;
  });
  let total = 0;
  const writer = async (stream: string) => {
    while (!stopping) {
      // The connection ends with the server, and with it the appends that it has not answered.
      const outcome = await client.appendToStream(stream, event()).catch(() => undefined);
      if (!outcome) return;
      acknowledged.set(stream, Number(outcome.nextExpectedRevision));
      total += 1;
      if (total === 500) enough();
    }
  };
  const writers = Array.from({ length: 32 }, (_, i) => writer(`s-${i}`));
  await loaded;
  const signalled = performance.now();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  const tookMs = performance.now() - signalled;
  stopping = true;
  await client.dispose();
  await Promise.allSettled(writers);
  t.equal(code, 0);
  t.ok(tookMs < STOP_WITHIN_MS, `it ended in ${Math.round(tookMs)} ms`);

  const { client: reader } = await testStore(t, { dataDir });
  for (const [stream, last] of acknowledged) {
    const revisions: number[] = [];
    for await (const { event: got } of reader.readStream(stream)) revisions.push(Number(got?.revision));
    t.ok(revisions.length > last, `${stream} has all that was acknowledged`);
    t.same(revisions, [...revisions.keys()], 'without a gap');
  }
});

t.test('help that is piped into a command that ends early succeeds', async (t) => {
  const child = command(t, '--help');
  child.stdout.on('error', () => undefined);
  (child.stdout as NodeJS.ReadableStream & { destroy(): void }).destroy();
  const said = child.stderr ? text(child.stderr) : Promise.resolve('');
  const [code] = (await once(child, 'exit')) as [number | null];
  t.equal(await said, '');
  t.equal(code, 0);
});

t.test('an incomplete command line is refused with one sentence', async (t) => {
  const child = command(t);
  const said = child.stderr ? text(child.stderr) : Promise.resolve('');
  const [code] = (await once(child, 'exit')) as [number | null];
  t.equal(await said, '--data DIR is missing: it is the folder that holds the events.\n');
  t.equal(code, 2);
});
