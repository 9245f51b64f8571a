import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

t.test(
  'the command counts every assertion, fails with a file that fails, and runs without a loader',
  async (t) => {
    const folder = t.testdir({
      'passes.test.js': `import t from 'tap'; t.equal(process.env.NODE_OPTIONS, undefined); t.same(process.execArgv, ['--enable-source-maps']); t.equal(process.env.TAP_TIMEOUT, '300');`,
      'fails.test.js': `import t from 'tap'; t.pass('one'); t.fail('the other');`,
    });
    const runTests = (...files: readonly string[]) =>
      spawnSync(
        process.execPath,
        [
          fileURLToPath(new URL('./run-tests.js', import.meta.url)),
          ...files.map((file) => `${folder}/${file}`),
        ],
        { encoding: 'utf8', env: { PATH: process.env.PATH } },
      );

    const passed = runTests('passes.test.js');
    t.equal(passed.status, 0, passed.stderr);
    t.match(passed.stdout, /^# \{ total: 3, pass: 3 \}$/m);

    const failed = runTests('passes.test.js', 'fails.test.js');
    t.equal(failed.status, 1);
    t.match(failed.stdout, /^not ok 2 - .*fails\.test\.js/m);
    t.match(failed.stdout, /^# \{ total: 5, pass: 4, fail: 1 \}$/m);
  },
);
