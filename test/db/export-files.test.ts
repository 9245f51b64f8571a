import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createExportFileStore, ExportRemovedError, removeEndedExports } from '../../src/db/export-files.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { BrokenSealError } from '../../src/db/sealed-bytes.js';
import { createTenantKeyring } from '../../src/db/tenant-keyring.js';
import { type ExportWriting, ExportWritingLostError, storeExport } from '../../src/exports/export-storage.js';
import { testDatabase } from '../support/database.js';

/**
 * Goal: the file of an export is stored encrypted, exactly once for a run even when attempts fail or overlap, and is
 * removed after its time. Method: the store on a real database, with attempts that stop in the middle or write at the
 * same time.
 */
const masterKey = parseMasterKey(randomBytes(32).toString('hex'));
const DAY_MS = 24 * 3_600_000;

async function freshStore(t: Parameters<typeof testDatabase>[0]) {
  const database = await testDatabase(t);
  const store = createExportFileStore({ db: database.db, masterKey });
  return { ...database, store, run: { tenantId: String(randomUUID()), runId: `${'a'.repeat(32)}-0` } };
}
type Store = Awaited<ReturnType<typeof freshStore>>;

async function* once(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function contentOf({ store, run }: Pick<Store, 'store' | 'run'>): Promise<Buffer | undefined> {
  const found = await store.open(run.tenantId, run.runId);
  if (!found) return undefined;
  const parts: Buffer[] = [];
  for await (const part of found.content) parts.push(part);
  return Buffer.concat(parts);
}

async function begun({ store, run }: Pick<Store, 'store' | 'run'>): Promise<ExportWriting> {
  const begun = await store.begin(run.tenantId, run.runId);
  if (!('writing' in begun)) throw new Error('the file is finished already');
  return begun;
}

const rowsOf = async ({ db }: Pick<Store, 'db'>) => {
  const { rows } = await sql<{ files: number; parts: number }>`
    select (select count(*) from opsledger.export_files) as files,
      (select count(*) from opsledger.export_parts) as parts`.execute(db);
  return rows[0];
};

t.test('a file comes back byte by byte, in parts of bounded size, and for seven days', async (t) => {
  const bed = await freshStore(t);
  const chunks = [randomBytes(10), randomBytes(2_500_000), randomBytes(1), randomBytes(700_000)];
  const file = await storeExport(bed.store, bed.run, () => once(...chunks));
  t.equal(file.bytes, 3_200_011);
  t.ok(Math.abs(file.endsAt - Date.now() - 7 * DAY_MS) < 600_000);
  const upper = { ...bed.run, tenantId: bed.run.tenantId.toUpperCase() };
  t.ok((await contentOf({ ...bed, run: upper }))?.equals(Buffer.concat(chunks)));
  const { rows } = await sql<{ longest: number; parts: number }>`
    select max(length(body)) as longest, count(*) as parts from opsledger.export_parts`.execute(bed.db);
  t.match(rows, [{ parts: 4 }]);
  t.ok((rows[0]?.longest ?? 0) < 1_100_000);
});

t.test('nothing readable is in the database, and a changed, moved or foreign part is refused', async (t) => {
  const bed = await freshStore(t);
  await storeExport(bed.store, bed.run, () => once(Buffer.alloc(1_500_000, 'hunter2')));
  const { rows } = await sql<{ found: boolean }>`
    select encode(body, 'escape') like '%hunter2%' as found from opsledger.export_parts`.execute(bed.db);
  t.same(rows, [{ found: false }, { found: false }]);
  await sql`
    update opsledger.export_parts as one set body = other.body from opsledger.export_parts as other
    where one.part = 0 and other.part = 1`.execute(bed.db);
  await t.rejects(contentOf(bed), BrokenSealError, 'another part of the same file');
});

t.test('neither the file of another tenant nor one of an unknown run is found', async (t) => {
  const bed = await freshStore(t);
  await storeExport(bed.store, bed.run, () => once(Buffer.from('x')));
  t.equal(await bed.store.open(randomUUID(), bed.run.runId), undefined);
  t.equal(await bed.store.open(bed.run.tenantId, `${'b'.repeat(32)}-0`), undefined);
});

t.test('a run has one file, also when a later attempt would write another one', async (t) => {
  const bed = await freshStore(t);
  const first = await storeExport(bed.store, bed.run, () => once(Buffer.from('first')));
  const again = await storeExport(bed.store, bed.run, () => {
    throw new Error('a finished file is not written again');
  });
  t.same(again, first);
  t.equal(String(await contentOf(bed)), 'first');
});

t.test('an attempt that comes later takes the file over, and the earlier one can add nothing', async (t) => {
  const bed = await freshStore(t);
  const dead = await begun(bed);
  await bed.store.addPart(dead, 0, Buffer.from('left'));
  await bed.store.addPart(dead, 1, Buffer.from('over'));
  t.equal(await contentOf(bed), undefined, 'an unfinished file can’t be downloaded');
  const next = await begun(bed);
  await t.rejects(bed.store.addPart(dead, 2, Buffer.from('late')), ExportWritingLostError);
  await t.rejects(bed.store.finish(dead, { parts: 2, bytes: 8 }), ExportWritingLostError);
  await bed.store.discard(dead);
  await bed.store.addPart(next, 0, Buffer.from('whole'));
  await bed.store.finish(next, { parts: 1, bytes: 5 });
  t.equal(String(await contentOf(bed)), 'whole');
});

t.test('attempts at once: one file, whole, of one of them', async (t) => {
  const bed = await freshStore(t);
  const attempts = ['a', 'b', 'c', 'd'].map((letter) =>
    storeExport(bed.store, bed.run, () => once(...Array(5).fill(Buffer.alloc(600_000, letter)))),
  );
  const ended = await Promise.allSettled(attempts);
  for (const end of ended)
    if (end.status === 'rejected') t.ok(end.reason instanceof ExportWritingLostError, String(end.reason));
  const content = await contentOf(bed);
  t.equal(content?.length, 3_000_000);
  t.equal(new Set(content).size, 1, 'all of it from one attempt');
  t.same(await rowsOf(bed), { files: 1, parts: 3 });
});

t.test('a repeated call changes nothing when only its answer was lost', async (t) => {
  const bed = await freshStore(t);
  const writing = await begun(bed);
  for (let tries = 0; tries < 2; tries++) await bed.store.addPart(writing, 0, Buffer.from('once'));
  const first = await bed.store.finish(writing, { parts: 1, bytes: 4 });
  t.same(await bed.store.finish(writing, { parts: 1, bytes: 4 }), first);
  await bed.store.discard(writing);
  t.equal(String(await contentOf(bed)), 'once');
});

t.test('nothing is left of a file whose chunks fail', async (t) => {
  const bed = await freshStore(t);
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield randomBytes(2_000_000);
    throw new Error('no more');
  }
  await t.rejects(storeExport(bed.store, bed.run, failing), { message: 'no more' });
  t.same(await rowsOf(bed), { files: 0, parts: 0 });
});

t.test('expired and unfinished files can’t be downloaded, and are removed', async (t) => {
  const bed = await freshStore(t);
  await storeExport(bed.store, bed.run, () => once(randomBytes(3_000_000)));
  const unfinished = { ...bed.run, runId: `${'b'.repeat(32)}-0` };
  const fresh = { ...bed.run, runId: `${'c'.repeat(32)}-0` };
  for (const run of [unfinished, fresh])
    await bed.store.addPart(await begun({ ...bed, run }), 0, randomBytes(10));
  t.equal(await removeEndedExports(bed.db), 0);
  const open = await bed.store.open(bed.run.tenantId, bed.run.runId);
  const reading = open?.content[Symbol.asyncIterator]();
  await reading?.next();
  await sql`update opsledger.export_files set ends_at = now() where finished_at is not null`.execute(bed.db);
  await sql`update opsledger.export_files set begun_at = now() - interval '25 hours' where run_id = ${unfinished.runId}`.execute(
    bed.db,
  );
  t.equal(await contentOf(bed), undefined, 'at its end, removed or not');
  t.equal(await removeEndedExports(bed.db), 2);
  await t.rejects(Promise.resolve(reading?.next()), ExportRemovedError, 'a download under way ends');
  t.same(await rowsOf(bed), { files: 1, parts: 1 });
});

t.test('a file stays readable after its tenant’s key was rotated', async (t) => {
  const bed = await freshStore(t);
  await storeExport(bed.store, bed.run, () => once(Buffer.from('before')));
  await createTenantKeyring(bed.db, masterKey).rotate(bed.run.tenantId);
  const elsewhere = createExportFileStore({ db: bed.db, masterKey });
  t.equal(String(await contentOf({ ...bed, store: elsewhere })), 'before');
});
