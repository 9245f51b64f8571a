import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startEventStore } from '../../../src/embedded/event-store/event-store-server.js';
import { createEventStoreLog } from '../../../src/ledger/event-store-log.js';
import { generateLog } from '../../support/generated-log.js';
import { feed, projectorBed, reach } from '../projector-bed.js';

/** Much longer than it takes even on a busy machine. */
const WITHIN_MS = 120_000;

t.test('over the real protocol: live through a restart of the store is what a rebuild gives', async (t) => {
  const bed = await projectorBed(t);
  const dataDir = await mkdtemp(join(tmpdir(), 'opsledger-projections-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  let store = await startEventStore({ dataDir });
  t.teardown(() => store.stop());
  const { port } = store;
  const log = createEventStoreLog({ url: store.url });
  t.teardown(() => log.close());
  const { log: source } = await generateLog({ seed: 51, events: 600 });

  const projector = bed.start(log);
  const half = source.events.length / 2;
  await feed(log, source.events.slice(0, half));
  const middle = await log.head();
  t.ok(await projector.waitFor(middle, { timeoutMs: WITHIN_MS }), `position ${middle}`);
  await store.stop();
  t.notOk((await reach(projector, ({ caughtUp }) => !caughtUp)).caughtUp, 'it says that it may be behind');
  store = await startEventStore({ dataDir, port });
  await feed(log, source.events.slice(half));
  const head = await log.head();
  t.ok(await projector.waitFor(head, { timeoutMs: WITHIN_MS }), `position ${head}`);
  t.match(projector.status(), { state: 'leading' });
  await projector.stop();
  const live = await bed.dump();
  t.equal(JSON.parse(live.checkpoint?.[0] ?? '{}').events, source.events.length);
  t.same(live, await bed.freshDump(log));
});
