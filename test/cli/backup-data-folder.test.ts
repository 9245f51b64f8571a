import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t, { type Test } from 'tap';
import { backUpDataFolder, restoreDataFolder } from '../../src/cli/backup-data-folder.js';

interface Manifest {
  readonly folders: readonly { readonly path: string }[];
  readonly files: readonly { readonly path: string }[];
}

/** A data folder as of a stopped product, backed up, and a folder to restore into. */
async function backedUp(t: Test) {
  const root = t.testdir({
    data: {
      'master.key': 'key',
      'instance.json': 'not backed up',
      postgres: { cluster: { PG_VERSION: '18', base: { 1: 'rows' } } },
      'event-store': { log: { 1: 'events' } },
    },
    target: {},
  });
  const [data, copy, target] = ['data', 'copy', 'target'].map((name) => path.join(root, name)) as [
    string,
    string,
    string,
  ];
  await backUpDataFolder(data, copy);
  const manifestFile = path.join(copy, 'backup.json');
  return {
    copy,
    target,
    /** Writes the manifest again, with changes. */
    async rewrite(change: (manifest: Manifest) => object) {
      const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as Manifest;
      await writeFile(manifestFile, JSON.stringify({ ...manifest, ...change(manifest) }));
    },
    damage: () => writeFile(manifestFile, '{"form":1,'),
  };
}

t.test('what was backed up is restored, also after an interrupted restore', async (t) => {
  const { copy, target } = await backedUp(t);
  await mkdir(path.join(target, 'restore.unfinished', 'postgres'), { recursive: true });
  t.match(await restoreDataFolder(copy, target), { files: 4 });
  t.strictSame((await readdir(target)).sort(), ['event-store', 'master.key', 'postgres']);
  t.equal(await readFile(path.join(target, 'postgres/cluster/base/1'), 'utf8'), 'rows');
  await t.rejects(restoreDataFolder(copy, target), { message: /holds an installation already/ });
});

t.test('a restore that fails half way leaves no installation', async (t) => {
  const { copy, target, rewrite } = await backedUp(t);
  await rewrite(({ folders }) => ({
    folders: folders.filter(({ path: name }) => name !== 'event-store/log'),
  }));
  await t.rejects(restoreDataFolder(copy, target), { code: 'ENOENT' });
  t.strictSame(await readdir(target), []);
});

t.test('a list of files that is damaged, or leads elsewhere, is refused in a sentence', async (t) => {
  const { copy, target, rewrite, damage } = await backedUp(t);
  const refused = (why: string) =>
    t.rejects(
      restoreDataFolder(copy, target),
      { name: 'BackupError', message: /no usable backup.json/ },
      why,
    );
  for (const elsewhere of ['../outside', 'postgres/../../outside', '/outside', 'instance.json', '']) {
    await rewrite(({ files }) => ({ files: files.map((file) => ({ ...file, path: elsewhere })) }));
    await refused(`“${elsewhere}”`);
  }
  await damage();
  await refused('a file that was cut off');
  t.strictSame(await readdir(target), []);
});
