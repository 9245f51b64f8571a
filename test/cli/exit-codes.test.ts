import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import t from 'tap';
import { listen } from '../../src/process/listen.js';
import { commandLine } from '../support/command-line.js';
import { temporaryFolder } from '../support/running-product.js';

/** The contract of exit codes in docs/operating.md, across commands that live in different parts of the program. */
t.test('1 says that something failed, 2 that the command line or the configuration is wrong', async (t) => {
  const folder = await temporaryFolder(t, 'exit-codes');
  const cli = commandLine(t);
  const holder = await listen(createServer(), { host: '127.0.0.1', port: 0 });
  t.teardown(() => holder.close());
  const taken = String(holder.port);
  const nobody = await listen(createServer(), { host: '127.0.0.1', port: 0 });
  await nobody.close();
  const broken = path.join(folder, 'entra.json');
  await writeFile(broken, '{"directories": 7}');
  const store = ['event-store', '--data', path.join(folder, 'events')];
  const asClient = { OPSLEDGER_URL: `http://127.0.0.1:${nobody.port}`, OPSLEDGER_TOKEN: 'a-token' };

  /** A mistake in a file is told before servers that don't answer are waited for. */
  const absent = {
    DATABASE_URL: `postgres://nobody@127.0.0.1:${nobody.port}/none`,
    EVENTSTORE_URL: `esdb://127.0.0.1:${nobody.port}?tls=false`,
    NATS_URL: `nats://127.0.0.1:${nobody.port}`,
    OPSLEDGER_MASTER_KEY: 'ab'.repeat(32),
  };
  const cases: readonly (readonly [number, readonly string[], RegExp, Record<string, string>?])[] = [
    [0, ['--version'], /^$/],
    [0, ['run', '--help'], /^$/],
    [1, [...store, '--port', taken], /^Port \d+ is taken by another program\. .*--port\.$/],
    [
      1,
      ['graph-simulator', '--demo', '--port', taken],
      /^Port \d+ is taken by another program\. .*--port\.$/,
    ],
    [1, ['event-store', 'verify', path.join(folder, 'nothing')], /nothing/],
    [
      1,
      ['run', 'list', '--tenant', 'contoso'],
      /does not answer|can’t be reached|No product answers/,
      asClient,
    ],
    [2, ['no-such-command'], /unknown command/],
    [2, ['web', '--no-such-option'], /unknown option/],
    [2, [...store, '--port', 'ninety'], /not a port/],
    [2, ['event-store'], /^--data DIR is missing/],
    [2, [...store, '--host', '0.0.0.0'], /user|TLS/],
    [2, [...store, '--tls-cert', broken], /^Give --tls-cert together with --tls-key\.$/],
    [
      2,
      [...store, '--tls-cert', broken, '--tls-key', `${broken}.none`],
      /^--tls-key: the file .* can’t be read\.$/,
    ],
    [2, ['graph-simulator'], /^Give either --data DIR or --demo/],
    [2, ['graph-simulator', '--data', path.join(folder, 'none')], /^There is no folder/],
    [2, ['graph-simulator', '--demo', '--entra', broken], /directories: It takes a list\./],
    [2, ['migrate'], /^DATABASE_URL is missing/],
    [
      2,
      ['worker'],
      /^OPSLEDGER_EXTERNAL_TYPES is not usable: the file can't be read \(ENOENT\)\.$/,
      { ...absent, OPSLEDGER_EXTERNAL_TYPES: `${broken}.none` },
    ],
    [2, ['worker'], /^NATS_CA_FILE is not usable: /, { ...absent, NATS_CA_FILE: `${broken}.none` }],
    [1, ['start', '--data', broken], /^The data folder .* can't be made \(EEXIST\): name another one/],
    [2, ['worker'], /^OPSLEDGER_PORT /, { OPSLEDGER_PORT: 'ninety' }],
    [
      2,
      ['doctor'],
      /^There is no variable OPSLEDGER_PROT \(did you mean OPSLEDGER_PORT\?\)/,
      { OPSLEDGER_PROT: '1' },
    ],
  ];
  for (const [code, args, said, environment] of cases) {
    const answer = await cli(args, environment);
    const name = args.map((arg) => (arg.includes(folder) ? path.basename(arg) : arg)).join(' ');
    t.equal(answer.code, code, `${name}: ${answer.stderr}`);
    t.match(answer.stderr.trimEnd(), said, name);
  }
});
