import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { processTree, skipWithoutProc, untilGone } from '../support/process-tree.js';
import { programEnvironment, runCli, temporaryFolder } from '../support/running-product.js';

/** How the product's processes end, for each way in which they can be ended. Tested on the compiled program. */

const CLI = path.join(packageRoot, 'dist', 'src', 'cli.js');
const skip = skipWithoutProc();
const top = t;

/** A command that runs until it is ended, with all its child processes. */
interface Running {
  readonly child: ChildProcess;
  /** Exit code and signal. */
  readonly exited: Promise<unknown[]>;
  readonly dataDir: string;
}

/** Runs a command and waits for the line that matches. */
async function running(t: Test, dataDir: string, command: readonly string[], line: RegExp): Promise<Running> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: packageRoot,
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
    // The command gets a process group of its own, so that the teardown can end everything that the test left.
    detached: true,
  });
  const exited = once(child, 'exit');
  t.teardown(() => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // The group has ended already.
    }
  });
  for await (const said of createInterface({ input: child.stdout as NodeJS.ReadableStream }))
    if (line.test(said)) {
      child.stdout?.resume();
      return { child, exited, dataDir };
    }
  throw new Error(`${command.join(' ')} ended before it was up`);
}

const startArgs = (dataDir: string) => ['start', '--no-demo', '--port', '0', '--data', dataDir];
const ADDRESS = /^http:/;

/** All products of this file use this folder, one after the other, so that only the first makes a database. */
let folder: Promise<string> | undefined;
function sharedFolder(): Promise<string> {
  folder ??= temporaryFolder(top, 'life');
  return folder;
}

async function product(t: Test, before: readonly string[] = [process.execPath, CLI]): Promise<Running> {
  const dataDir = await sharedFolder();
  return running(t, dataDir, [...before, ...startArgs(dataDir)], ADDRESS);
}

const isReleased = (dataDir: string): boolean =>
  !['instance.json', 'postgres/cluster/postmaster.pid', 'event-store/lock'].some((file) =>
    existsSync(path.join(dataDir, file)),
  );

t.setTimeout(240_000);

t.test('SIGTERM to npm alone ends everything', { skip }, async (t) => {
  const dataDir = await sharedFolder();
  const npm = ['npm', 'start', '--', ...startArgs(dataDir).slice(1)];
  const { child } = await running(t, dataDir, npm, ADDRESS);
  const tree = processTree(child.pid as number);
  t.ok(tree.length >= 5, `npm, the product, two servers and a guard: ${tree.length}`);
  child.kill('SIGTERM');
  await untilGone(tree);
  t.ok(isReleased(dataDir), 'in order');
});

t.test('npx is treated like npm, also when it is killed', { skip }, async (t) => {
  // npx makes a command executable only when it first links it, so a build in a known folder has to do it itself.
  t.ok(statSync(CLI).mode & 0o100, 'the build makes the command executable');
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const dataDir = await temporaryFolder(t, 'life');
    const npx = ['npx', '--no-install', 'opsledger', 'event-store', '--port', '0', '--data', dataDir];
    const { child } = await running(t, dataDir, npx, /^esdb:/);
    const tree = processTree(child.pid as number);
    t.ok(tree.length >= 2, `npx and the event store: ${tree.length}`);
    child.kill(signal);
    await untilGone(tree);
    t.notOk(existsSync(path.join(dataDir, 'lock')), `${signal}: in order`);
  }
});

t.test('the product outlives a starter that isn’t npm', { skip }, async (t) => {
  const dataDir = await temporaryFolder(t, 'life');
  // The shell ends when the product is in the background, so only the output pipe shows its address.
  const script = `${process.execPath} ${CLI} event-store --port 0 --data ${dataDir} & echo "pid $!"`;
  const shell = spawn('/bin/sh', ['-c', script], {
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let pid = 0;
  for await (const line of createInterface({ input: shell.stdout })) {
    if (line.startsWith('pid ')) pid = Number(line.slice(4));
    if (line.startsWith('esdb:')) break;
  }
  const tree = processTree(pid);
  t.equal(tree.length, 1, 'it runs on without its shell');
  process.kill(pid, 'SIGTERM');
  await untilGone(tree);
});

t.test('kill -9 of the product ends its PostgreSQL and its event store', { skip }, async (t) => {
  const { child, dataDir } = await product(t);
  const tree = processTree(child.pid as number);
  child.kill('SIGKILL');
  await untilGone(tree);
  t.notOk(
    existsSync(path.join(dataDir, 'postgres', 'cluster', 'postmaster.pid')),
    'PostgreSQL ended in order',
  );
  t.notOk(existsSync(path.join(dataDir, 'event-store', 'lock')), 'and so did the event store');
});

t.test('closing the terminal stops everything in order', { skip }, async (t) => {
  const { child, exited, dataDir } = await product(t);
  const tree = processTree(child.pid as number);
  // The kernel signals the whole group, as it does when a terminal closes.
  process.kill(-(child.pid as number), 'SIGHUP');
  t.strictSame(await exited, [0, null]);
  await untilGone(tree);
  t.ok(isReleased(dataDir));
});

const skipWithoutUnshare =
  skip ||
  (spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0 ? false : 'unshare is not allowed here');

t.test('as process 1 it stops in order', { skip: skipWithoutUnshare }, async (t) => {
  const { child, exited, dataDir } = await product(t, [
    ...['unshare', '--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL', process.execPath, CLI],
  ]);
  const tree = processTree(child.pid as number);
  const [, first] = tree;
  process.kill(first?.pid as number, 'SIGTERM');
  t.strictSame(await exited, [0, null]);
  await untilGone(tree);
  t.ok(isReleased(dataDir));
});

t.test('a start that fails half way leaves nothing running', { skip }, async (t) => {
  for (const broken of ['event-store', 'postgres'])
    await t.test(`without ${broken}`, async (t) => {
      const dataDir = await temporaryFolder(t, 'life');
      await mkdir(dataDir, { recursive: true });
      await writeFile(path.join(dataDir, broken), 'a file where a folder belongs');
      const { code, stderr } = await runCli(startArgs(dataDir));
      t.equal(code, 1);
      t.match(stderr, broken);
      const left = processTree(1).filter(
        ({ command, pid }) => command.includes(dataDir) && pid !== process.pid,
      );
      t.strictSame(left, []);
      t.notOk(existsSync(path.join(dataDir, 'instance.json')));
    });
});
