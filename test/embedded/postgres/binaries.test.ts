import { execFileSync } from 'node:child_process';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { placeBinaries } from '../../../src/embedded/postgres/binaries.js';
import { canReach } from '../../../src/embedded/postgres/os-user.js';

const asRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };

t.test('binaries are used where npm installed them, when that is possible', async (t) => {
  const binaries = await placeBinaries(undefined);
  t.match(binaries.postgres, /node_modules/);
  t.match(execFileSync(binaries.postgres, ['--version'], { encoding: 'utf8' }), /PostgreSQL\) 18/);
});

t.test('library links that are missing after an install without scripts are made', async (t) => {
  const folder = await closedFolder(t);
  const nativeDir = await copyOfBinaries(join(folder, 'native'));
  const lib = join(nativeDir, 'lib');
  const links = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
  t.ok(links.length > 0);
  for (const { name } of links) await rm(join(lib, name));
  const { postgres } = await placeBinaries(undefined, { installed: { nativeDir, version: 'linked' } });
  t.match(execFileSync(postgres, ['--version'], { encoding: 'utf8' }), /PostgreSQL\) 18/);
});

t.test(
  'root: binaries in a closed folder are copied once to where the user reaches them',
  { skip: !asRoot },
  async (t) => {
    const folder = await closedFolder(t);
    const installed = { nativeDir: await copyOfBinaries(join(folder, 'native')), version: 'test' };
    const open = await mkdtemp(join(tmpdir(), 'opsledger-open-'));
    t.teardown(() => rm(open, { recursive: true }));
    await chmod(open, 0o755);

    const foreign = join(open, 'foreign');
    await mkdir(foreign);
    await chown(foreign, nobody.uid, nobody.gid);
    const writable = join(open, 'writable');
    await mkdir(writable);
    await chmod(writable, 0o777);
    const linked = join(open, 'linked');
    await symlink(foreign, linked);
    const homes = [foreign, writable, linked, join(open, 'home')];

    const races = await Promise.all([1, 2, 3].map(() => placeBinaries(nobody, { installed, homes })));
    const [binaries] = races;
    t.equal(
      binaries?.postgres,
      join(open, 'home', 'postgres-test', 'bin', 'postgres'),
      'folders that others own or can write to are not used',
    );
    t.same(await readdir(join(open, 'home')), ['postgres-test'], 'nothing unfinished stays');
    t.ok(await canReach(nobody, join(open, 'home', 'postgres-test', 'share', 'postgresql', 'postgres.bki')));
    const said = execFileSync(binaries?.initdb as string, ['--version'], {
      ...nobody,
      cwd: '/',
      encoding: 'utf8',
    });
    t.match(said, /PostgreSQL\) 18/);
    const { ctimeMs } = await stat(binaries?.postgres as string);
    await placeBinaries(nobody, { installed, homes });
    t.equal((await stat(binaries?.postgres as string)).ctimeMs, ctimeMs, 'not copied again');
    await t.rejects(placeBinaries(nobody, { installed, homes: [foreign] }), { message: /ordinary user/ });
  },
);

t.test('a file can be reached only when all its folders can be entered', { skip: !asRoot }, async (t) => {
  const folder = await closedFolder(t);
  const inner = join(folder, 'inner');
  await mkdir(inner, { mode: 0o755 });
  t.notOk(await canReach(nobody, inner));
  await chmod(folder, 0o711);
  t.ok(await canReach(nobody, inner));
  await chmod(inner, 0o750);
  t.notOk(await canReach(nobody, inner));
  await chown(inner, 0, nobody.gid);
  t.ok(await canReach(nobody, inner));
  await chown(inner, nobody.uid, 0);
  await chmod(inner, 0o077);
  t.notOk(await canReach(nobody, inner), "the owner is held to the owner's bits");
});

async function closedFolder(t: { teardown(end: () => unknown): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'opsledger-closed-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function copyOfBinaries(to: string): Promise<string> {
  const { postgres } = await placeBinaries(undefined);
  await cp(dirname(dirname(postgres)), to, { recursive: true, verbatimSymlinks: true });
  return to;
}
