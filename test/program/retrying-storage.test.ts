import { randomBytes, randomUUID } from 'node:crypto';
import t from 'tap';
import { systemChance, systemClock } from '../../src/clock.js';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { DatabaseUnavailableError } from '../../src/db/database-trouble.js';
import { createExportFileStore } from '../../src/db/export-files.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { type ExportStorage, storeExport } from '../../src/exports/export-storage.js';
import { retryingStorage } from '../../src/program/retrying-storage.js';
import { testDatabase } from '../support/database.js';

/**
 * Goal: an export continues after the database was away or full. Method: the real store behind a fault that refuses
 * calls, or carries them out and loses their answers.
 */
const masterKey = parseMasterKey(randomBytes(32).toString('hex'));
const CONTENT = randomBytes(5_000_000);

async function bed(
  t: Parameters<typeof testDatabase>[0],
  fault: (call: number) => 'refused' | 'lost' | null,
) {
  const { db } = await testDatabase(t);
  const store = createExportFileStore({ db, masterKey });
  let calls = 0;
  const failing = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const kind = fault(++calls);
    const away = new DatabaseUnavailableError('disk-full', new Error('the disk is full'));
    if (kind === 'refused') throw away;
    const result = await work();
    if (kind === 'lost') throw away;
    return result;
  };
  const exportFiles: ExportStorage = {
    begin: (tenantId, runId) => failing(() => store.begin(tenantId, runId)),
    addPart: (writing, part, bytes) => failing(() => store.addPart(writing, part, bytes)),
    finish: (writing, size) => failing(() => store.finish(writing, size)),
    discard: (writing) => store.discard(writing),
  };
  let skippedMs = 0;
  let slept = () => {};
  const stop = new AbortController();
  const clock = {
    ...systemClock,
    monotonicMs: () => skippedMs,
    sleep: async (ms: number) => {
      skippedMs += ms;
      slept();
    },
  };
  const artifacts = createArtifactStore({ db, masterKey });
  const storage = retryingStorage(
    { artifacts, exportFiles },
    {
      clock,
      chance: systemChance,
      signal: stop.signal,
    },
  );
  const run = { tenantId: String(randomUUID()), runId: `${'a'.repeat(32)}-0` };
  const write = () =>
    storeExport(storage.exportFiles, run, async function* () {
      yield CONTENT;
    });
  return { store, run, write, db, onSleep: (act: () => void) => (slept = act), stop };
}

t.test(
  'calls that were refused or whose answers were lost are made again, and the file is whole',
  async (t) => {
    const { store, run, write } = await bed(t, (call) =>
      call % 3 === 1 ? 'refused' : call % 3 === 2 ? 'lost' : null,
    );
    await write();
    const chunks: Buffer[] = [];
    for await (const part of (await store.open(run.tenantId, run.runId))?.content ?? []) chunks.push(part);
    t.ok(Buffer.concat(chunks).equals(CONTENT));
  },
);

t.test('a database that stays full fails the run with its reason and leaves nothing', async (t) => {
  const { db, write } = await bed(t, (call) => (call > 3 ? 'refused' : null));
  const failure = await write().catch((error: unknown) => error);
  t.match(failure, { reasonCode: 'storage_unavailable' });
  t.same(await db.selectFrom('opsledger.export_files').select('run_id').execute(), []);
  t.same(await db.selectFrom('opsledger.export_parts').select('part').execute(), []);
});

t.test('a run that is stopped doesn’t wait for the database', async (t) => {
  const { write, onSleep, stop } = await bed(t, () => 'refused');
  let waits = 0;
  onSleep(() => {
    waits += 1;
    if (waits === 3) stop.abort(new Error('the process stops'));
  });
  await t.rejects(write(), { message: 'the process stops' });
  t.equal(waits, 3, 'and doesn’t try again');
});
