import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_LIMITS } from '../../../../src/embedded/event-store/limits.js';
import { silentLogger } from '../../../../src/embedded/event-store/logger.js';
import type { AppendOutcome } from '../../../../src/embedded/event-store/store/append-outcome.js';
import { EventStore } from '../../../../src/embedded/event-store/store/event-store.js';
import { openStore } from './check-reopened.js';
import { crashClock } from './crash-history.js';
import { type CrashSearchReport, searchCrashes, searchDamage, searchLostFiles } from './crash-search.js';
import { recordDisk } from './recorded-disk.js';
import { NO_STREAM, recordOf } from './store-model.js';

/** A folder in memory if the system has one, because the test decides what a crash leaves and not the disk. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const long = process.env.OPSLEDGER_LONG === '1';
const SEEDS = long ? 3_000 : 40;
/** Seeds for which every write to the log is torn at every byte. For the next seeds only one write is. */
const SEEDS_TORN_EVERYWHERE = long ? 20 : 0;
const SEEDS_TRIED_WHOLLY = long ? 200 : 0;
/** For all other seeds only this share of the crashes is tried. */
const SHARE = long ? 0.1 : 0.03;
const SEEDS_OF_LOST_FILES = long ? 1_000 : 10;
const SEEDS_OF_DAMAGE = long ? 1_000 : 130;

async function searchSeeds(
  t: Test,
  seeds: number,
  search: (
    seed: number,
    folders: { readonly life: string; readonly crash: string },
  ) => Promise<CrashSearchReport>,
): Promise<void> {
  const root = mkdtempSync(join(FOLDER, 'event-store-crashes-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  let crashes = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const life = join(root, String(seed));
    const report = await search(seed, { life, crash: join(root, 'crash') });
    rmSync(life, { recursive: true, force: true });
    crashes += report.crashes;
    t.strictSame(report.problems, [], `seed ${seed}, ${report.crashes} crashes`);
    if (report.problems.length > 0) break;
  }
  t.comment(`${seeds} seeds, ${crashes} crashes`);
}

t.setTimeout(0);

t.test('after a crash at any point the store has all acknowledged appends, and only whole ones', (t) =>
  searchSeeds(t, SEEDS, (seed, folders) =>
    searchCrashes({
      seed,
      folders,
      tornEverywhere: seed <= SEEDS_TORN_EVERYWHERE ? 'all' : 'one',
      share: seed <= SEEDS_TRIED_WHOLLY ? 1 : SHARE,
    }),
  ),
);

t.test('without its other files, or with old ones, a store answers the same', (t) =>
  searchSeeds(t, SEEDS_OF_LOST_FILES, (seed, folders) => searchLostFiles({ seed, folders })),
);

t.test('damage to the answered events is refused, never cut off, and verify says the same', (t) =>
  searchSeeds(t, SEEDS_OF_DAMAGE, (seed, folders) => searchDamage({ seed, folders })),
);

t.test('what a killed process wrote is synced before anything depends on it', async (t) => {
  const dataDir = mkdtempSync(join(FOLDER, 'event-store-crashes-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const limits = { ...DEFAULT_LIMITS, indexedInMemoryMax: 1 };
  const store = openStore(dataDir, limits);
  const added = { id: '77777777-7777-4777-8777-777777777777', type: 'Happened', data: '{}' };
  await new Promise((resolve) => store.append('a', NO_STREAM, [recordOf(added)], resolve));
  await store.close();
  for (const name of ['index', 'head']) rmSync(join(dataDir, name), { recursive: true });
  const disk = recordDisk(dataDir);
  try {
    await openStore(dataDir, limits).close();
  } finally {
    disk.stop();
  }
  const synced = disk.operations.findIndex(({ kind }) => kind === 'sync');
  const opened = disk.operations.findIndex(
    (operation) => operation.kind === 'create' && operation.name.startsWith('log'),
  );
  const depending = disk.operations.findIndex(({ kind }) => kind === 'write');
  t.equal(opened, 0, 'the log is opened for it');
  t.equal(synced, 1, 'and synced');
  t.ok(depending > synced, 'before the index is written');
});

t.test(
  'what was refused without a certain outcome leaves the disk before anything else is written',
  async (t) => {
    const root = mkdtempSync(join(FOLDER, 'event-store-crashes-'));
    t.teardown(() => rmSync(root, { recursive: true, force: true }));
    const [life, crash] = [join(root, 'life'), join(root, 'crash')];
    const limits = { ...DEFAULT_LIMITS, preallocatedBytes: 0 };
    const disk = recordDisk(life);
    t.teardown(() => disk.stop());
    const store = EventStore.open({
      dataDir: life,
      limits,
      logger: silentLogger,
      clock: crashClock,
      write: disk.write,
    });
    const append = (stream: string, id: string) =>
      new Promise<AppendOutcome>((resolve) =>
        store.append(stream, NO_STREAM, [recordOf({ id, type: 'Happened', data: '{}' })], resolve),
      );
    const [first, second] = ['66666666-6666-4666-8666-666666666666', '55555555-5555-4555-8555-555555555555'];
    disk.failNextWrite(10_000);
    disk.failNextTruncation('after a failed write');
    for (const outcome of await Promise.all([append('a', first), append('b', second)]))
      t.equal(outcome.kind, 'uncertain');
    t.match(await append('a', first), { kind: 'appended', revision: 0 });
    cpSync(life, crash, { recursive: true });
    await store.close();
    const reopened = openStore(crash, limits);
    t.equal(reopened.index.events, 1, 'the event of b does not come back behind the one of a');
    await reopened.close();
  },
);
