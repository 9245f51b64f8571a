import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import t from 'tap';
import { startEventStore, verifyEventStore } from '../../src/embedded/event-store/index.js';
import { errorOf, event, testFolder } from '../embedded/event-store/support/test-store.js';

/**
 * Goal: a full disk refuses appends with a status that says so, loses nothing that was acknowledged, and the store goes
 * on without help when there is space again. Method: a real file system of 8 MB, which only root can mount.
 * `durability.test.ts` tests the same promise without root, with a write that fails.
 */
const isRoot = process.getuid?.() === 0;

t.test(
  'a full disk',
  { skip: isRoot ? false : 'only root mounts file systems', timeout: 180_000 },
  async (t) => {
    const folder = testFolder(t);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'pipe' });
    } catch {
      t.pass('this machine lets nobody mount; the injected failure in durability.test.ts stands for it');
      return;
    }
    t.teardown(() => execFileSync('umount', ['-l', folder]));
    const dataDir = join(folder, 'store');
    const store = await startEventStore({ dataDir, limits: { segmentBytes: 1_000_000 } });
    const client = EventStoreDBClient.connectionString(store.url);
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(3_000_000));
    const text = 'x'.repeat(20_000);
    const kept: string[] = [];
    let refusal = 'none';
    for (let i = 0; refusal === 'none' && i < 1_000; i++) {
      const each = event('Filled', { i, text });
      refusal = await errorMessageOf(client.appendToStream(`s-${i % 3}`, each));
      if (refusal === 'none') kept.push(each.id);
    }
    t.match(refusal, /disk is full/);
    t.match(await errorMessageOf(client.appendToStream('again', event('Again', { text }))), /disk is full/);
    const classic = client.appendToStream('again', event('Again', { text }), {
      credentials: { username: 'a', password: 'b' },
    });
    t.match(await errorMessageOf(classic), /RESOURCE_EXHAUSTED.*disk is full/);
    t.same(await idsOf(client), kept, 'acknowledged events can still be read');
    rmSync(ballast);
    const after = event('After');
    t.equal(await errorOf(client.appendToStream('after', after)), 'none');
    kept.push(after.id);
    t.same(await idsOf(client), kept);
    await client.dispose();
    await store.stop();
    t.same((await verifyEventStore(dataDir)).problems, []);
  },
);

async function errorMessageOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'none',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function idsOf(client: EventStoreDBClient): Promise<string[]> {
  const ids: string[] = [];
  for await (const { event: got } of client.readAll()) ids.push(got?.id ?? '');
  return ids;
}
