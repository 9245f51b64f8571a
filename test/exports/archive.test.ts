import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { type ArchiveFile, zipArchive } from '../../src/exports/archive.js';
import { filePaths } from '../../src/exports/file-names.js';
import { unzip } from './unzip.js';

/** Goal: an archive contains exactly its files, with any content, and is made piece by piece. */
const AT = Date.UTC(2026, 4, 5, 6, 7, 8);

async function archived(files: Iterable<ArchiveFile>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of zipArchive(files, AT)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* pieces(...chunks: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array | string> {
  yield* chunks;
}
const fileOf = (path: string, ...chunks: readonly (Uint8Array | string)[]): ArchiveFile => ({
  path,
  content: () => pieces(...chunks),
});

t.test('every file that is extracted equals the one that was added', async (t) => {
  const contents = fc.array(fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 3 }), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(contents, async (all) => {
      const paths = filePaths(all.map((_, index) => ({ folder: 'f', name: 'näme', id: String(index) })));
      const files = await unzip(
        await archived(all.map((chunks, index) => fileOf(paths[index] ?? '', ...chunks))),
      );
      t.same([...files.keys()], paths);
      for (const [index, chunks] of all.entries())
        if (!files.get(paths[index] ?? '')?.equals(Buffer.concat(chunks))) t.fail('another content');
    }),
    { numRuns: 30 },
  );
});

t.test('each file is read when its turn comes, and never many at once', async (t) => {
  const [files, bytesEach] = [500, 128_000];
  let [open, openMost, made] = [0, 0, 0];
  const digest = createHash('sha256');
  const content = async function* () {
    openMost = Math.max(openMost, ++open);
    made += 1;
    yield digest
      .copy()
      .update(String(made))
      .digest('hex')
      .repeat(bytesEach / 64);
    open -= 1;
  };
  let read = 0;
  let aheadMost = 0;
  let pieceMost = 0;
  for await (const chunk of zipArchive(
    Array.from({ length: files }, (_, index) => ({ path: `f/${index}.json`, content })),
    AT,
  )) {
    aheadMost = Math.max(aheadMost, made - read);
    read = made;
    pieceMost = Math.max(pieceMost, chunk.length);
  }
  t.equal(made, files);
  t.equal(openMost, 1);
  t.ok(pieceMost <= bytesEach);
  t.ok(aheadMost < 50, `${aheadMost} files between two reads`);
});

t.test('a content that can’t be read ends the archive with its error', async (t) => {
  const broken: ArchiveFile = {
    path: 'b.json',
    async *content() {
      yield 'half';
      throw new Error('the other half is gone');
    },
  };
  const files = [fileOf('a.json', 'whole'), broken, fileOf('c.json', 'never')];
  await t.rejects(archived(files), { message: 'the other half is gone' });
});

t.test('a path that leads out of the archive is refused', async (t) => {
  for (const path of ['../x', '/x', 'a/../x', 'a//x', 'C:/x', 'a\\x', 'a/', '.', ''])
    await t.rejects(archived([fileOf(path, 'x')]), RangeError, JSON.stringify(path));
});
