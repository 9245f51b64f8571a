import { randomBytes } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { commandLine } from '../support/command-line.js';
import { startProduct, temporaryFolder } from '../support/running-product.js';

t.setTimeout(290_000);

t.test('a backup of embedded servers, restored elsewhere, is the same installation', async (t) => {
  const root = await temporaryFolder(t, 'backup');
  const cli = commandLine(t);
  const [dataDir, copy, elsewhere] = ['data', 'copy', 'elsewhere'].map((name) => path.join(root, name)) as [
    string,
    string,
    string,
  ];
  const product = await startProduct(t, dataDir, ['--no-demo']);
  t.match(await cli(['backup', copy, '--data', dataDir]), { code: 1, stderr: 'Stop it first' });
  const tenant = ['tenant', 'add', 'contoso', '--name', 'Contoso', '--owner-issuer', 'https://login.example'];
  t.equal(
    (await cli([...tenant, '--owner-subject', 'ann', '--owner-name', 'Ann', '--data', dataDir])).code,
    0,
  );
  t.equal(await product.end('SIGTERM'), 0);

  t.match(await cli(['backup', copy, '--data', dataDir]), { code: 0, stdout: /^Backed up: \d+ files/ });
  t.match(await cli(['backup', copy, '--data', dataDir]), { code: 1, stderr: 'is there already' });
  t.match(await cli(['restore', copy, '--data', elsewhere]), { code: 0, stdout: /^Restored: \d+ files/ });
  t.match(await cli(['restore', copy, '--data', elsewhere]), {
    code: 1,
    stderr: 'holds an installation already',
  });

  const bob = [
    '--issuer',
    'https://login.example',
    '--subject',
    'bob',
    '--name',
    'Bob',
    '--role',
    'operator',
  ];
  t.match(await cli(['member', 'add', 'contoso', ...bob, '--data', elsewhere]), { code: 0 });
  const log = path.join(elsewhere, 'event-store');
  await rm(log, { recursive: true });
  await cp(path.join(copy, 'event-store'), log, { recursive: true });
  t.match(
    await cli(['member', 'list', 'contoso', '--data', elsewhere]),
    { code: 1, stderr: /no longer holds the history of this ledger: it reached to position/ },
    'the log alone was put back to an older time',
  );
  t.match(await cli(['history', 'accept', '--data', elsewhere]), {
    code: 0,
    stdout: /^Accepted the log as it is/,
  });
  const [accepted = ''] = await readdir(path.join(log, 'log'));
  t.match(
    await readFile(path.join(log, 'log', accepted), 'latin1'),
    'HistoryAccepted',
    'the tenant’s history says so',
  );
  const members = await cli(['member', 'list', 'contoso', '--data', elsewhere]);
  t.match(members, { code: 0, stdout: /owner +Ann/ }, 'log, names and keys are there');
  t.notMatch(members.stdout, 'Bob', 'who became a member later is gone');

  const [segment = ''] = await readdir(path.join(copy, 'event-store', 'log'));
  await writeFile(path.join(copy, 'event-store', 'log', segment), randomBytes(100));
  const damaged = await cli(['restore', copy, '--data', path.join(root, 'third')]);
  t.match(damaged, { code: 1, stderr: 'the backup is damaged' });
});
