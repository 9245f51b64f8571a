/**
 * `npm test [-- FILE…]`: runs compiled test files, each in a process of its own, and writes TAP to standard output.
 * `--jobs=N` is how many run at once.
 *
 * tap's command starts each process with the loader of `@tapjs/processinfo`, which records modules for a coverage
 * report. The loader takes 0.4 to 0.8 s of processor time a file, and there is no coverage report. tap's `spawn` adds
 * it to `NODE_OPTIONS`, and `env` removes it again.
 */
import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';

/** One more than the two processors of the continuous integration, because tests also wait for processes and servers. */
const JOBS = '3';
/** A test's process takes its own limit from `TAP_TIMEOUT`, 30 s if it isn't set, and says it to this one. */
const FILE_LIMIT_SECONDS = 300;

const { values, positionals } = parseArgs({
  options: { jobs: { type: 'string', default: JOBS } },
  allowPositionals: true,
});
const jobs = Number(values.jobs);
if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs takes a number from 1, not ${values.jobs}.`);

const folder = path.join('dist', 'test');
const files =
  positionals.length > 0
    ? positionals
    : readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.js'))
        .sort()
        .map((file) => path.join(folder, file));

const running = new Set<ChildProcess>();
t.on('spawn', (file) => {
  file.on('process', (child) => {
    running.add(child);
    child.once('close', () => running.delete(child));
  });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    for (const child of running) child.kill(signal);
    process.kill(process.pid, signal);
  });

t.setTimeout(0);
t.jobs = jobs;
t.plan(files.length);
for (const file of files)
  void t.spawn(
    'env',
    [
      '-u',
      'NODE_OPTIONS',
      `TAP_TIMEOUT=${FILE_LIMIT_SECONDS}`,
      process.execPath,
      '--enable-source-maps',
      file,
    ],
    { name: file, cwd: packageRoot, at: null, stack: '', buffered: jobs > 1 },
  );
