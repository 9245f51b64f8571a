import t from 'tap';
import { type ProcessFacts, runnersAbove } from '../../src/process/parent-watch.js';

const table = (...processes: readonly (readonly [pid: number, parent: number, command: string])[]) =>
  new Map(processes.map(([pid, parent, command]) => [pid, { pid, parent, command, began: `${pid}` }]));
const pidsAbove = (processes: Map<number, ProcessFacts>, parent: number) =>
  runnersAbove(parent, (pid) => processes.get(pid)).map(({ pid }) => pid);

t.test('only the end of npm and of the shell of its script counts', async (t) => {
  const npm = [2, 1, 'npm start'] as const;
  t.strictSame(pidsAbove(table(npm), 2), [2], 'the script says exec');
  t.strictSame(pidsAbove(table(npm, [3, 2, 'sh -c opsledger event-store']), 3), [3, 2]);
  t.strictSame(
    pidsAbove(table([2, 1, 'npm exec opsledger start'], [3, 2, '/bin/sh -c opsledger']), 3),
    [3, 2],
  );
  t.strictSame(
    pidsAbove(table([2, 1, '/usr/bin/node /usr/lib/node_modules/npm/bin/npm-cli.js start']), 2),
    [2],
  );
});

t.test('any other parent process may end', async (t) => {
  t.strictSame(pidsAbove(table([2, 1, '-bash']), 2), [], 'a shell that somebody types in');
  t.strictSame(pidsAbove(table([2, 1, 'bash deploy.sh']), 2), [], 'a script of the user’s');
  t.strictSame(
    pidsAbove(table([2, 1, 'sh -c nohup opsledger start &']), 2),
    [],
    'a shell without npm above it',
  );
  t.strictSame(pidsAbove(table([2, 1, 'node test/npmlike.js']), 2), []);
  t.strictSame(pidsAbove(table([1, 0, '/lib/systemd/systemd']), 1), []);
  t.strictSame(pidsAbove(table(), 2), [], 'a parent that is gone already');
});
