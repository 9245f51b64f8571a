import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Kysely, sql } from 'kysely';
import t from 'tap';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { loadOrCreateMasterKey } from '../../src/db/master-key.js';
import { createWriterPool } from '../../src/db/pools.js';
import type { PrimaryTables } from '../../src/db/primary-tables.js';
import { commandLine } from '../support/command-line.js';
import { silent } from '../support/database.js';
import { type RunningProduct, runCli, startProduct, temporaryFolder } from '../support/running-product.js';
import { until } from '../support/until.js';

/** The commands of an administrator, on an installation that is running. They are tested on the compiled program. */

t.setTimeout(290_000);

t.test('members, tokens, persons, history and keys', async (t) => {
  const dataDir = await temporaryFolder(t, 'administration');
  const inOneProcess = commandLine(t);
  const cli = (...args: readonly string[]) => inOneProcess([...args, '--data', dataDir]);
  const done = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await cli(...args);
    t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const product = await startProduct(t, dataDir, ['--no-demo']);
  const person = (subject: string) => [
    '--issuer',
    'https://login.example',
    '--subject',
    subject,
    '--name',
    subject,
  ];
  const api = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${product.url}/api/v1/tenants/contoso/runs`, { headers })).status;
  };

  await done(
    ...['tenant', 'add', 'contoso', '--name', 'Contoso', '--owner-issuer', 'https://login.example'],
    ...['--owner-subject', 'ann', '--owner-name', 'Ann'],
  );
  const bob = await done('member', 'add', 'contoso', ...person('bob'), '--role', 'operator');
  await done('member', 'role', 'contoso', bob, 'owner');
  const listed = JSON.parse(await done('member', 'list', 'contoso', '--json'));
  t.match(listed, [
    { roles: ['owner'], name: 'Ann' },
    { personId: bob, roles: ['owner'], name: 'bob' },
  ]);

  const ann: string = listed[0].personId;
  const fabrikam = ['tenant', 'add', 'fabrikam', '--name', 'Fabrikam'];
  const named = ['--owner-issuer', 'https://login.example', '--owner-subject', 'bob'];
  for (const flags of [[], named, ['--owner-person', ann, ...named]])
    t.match(await cli(...fabrikam, ...flags), { code: 2, stderr: /Name the first owner: by --owner-person/ });
  for (const nobody of ['bob', '00000000-0000-4000-8000-000000000000'])
    t.match(await cli(...fabrikam, '--owner-person', nobody), { code: 1, stderr: /Nobody has the id/ });
  await done(...fabrikam, '--owner-person', ann.toUpperCase());
  t.match(JSON.parse(await done('member', 'list', 'fabrikam', '--json')), [
    { personId: ann, roles: ['owner'], name: 'Ann' },
  ]);

  const token = await done(
    'token',
    'create',
    'contoso',
    '--name',
    'first run',
    '--can',
    'hub.read',
    'run.read',
  );
  t.equal(await api(token), 200, 'the running product takes it at once');
  const [{ tokenId }] = JSON.parse(await done('token', 'list', 'contoso', '--json'));
  await done('token', 'revoke', tokenId);
  t.equal(await api(token), 401);
  t.match(await cli('token', 'create', 'contoso', '--name', 'x', '--can', 'members.manage'), { code: 2 });
  t.match(await cli('token', 'create', 'contoso', '--name', '<b>x</b>', '--can', 'hub.read'), {
    code: 2,
    stderr: 'without HTML tags',
  });

  await done('person', 'forget', bob);
  const left = await done('member', 'list', 'contoso');
  t.match(left, /owner {5} +Ann/);
  t.notMatch(left, bob);
  const nobody = { code: 1, stderr: 'There is no such person' };
  t.match(await cli('person', 'forget', bob), nobody, 'the id leads to no person');
  t.match(await cli('person', 'forget', ...person('bob').slice(0, 4)), nobody, 'nor does the subject');
  t.match(await cli('person', 'forget', ann), { code: 1, stderr: 'This is the last owner' });
  t.match(await cli('member', 'list', 'nobody'), { code: 1, stderr: 'There is no such tenant.' });

  t.match(
    await runCli(['history', 'verify', '--tenant', 'contoso', '--data', dataDir]),
    { code: 0, stdout: /^whole: 7 events in 1 stream,/ },
    'in a process of its own, which ends by itself',
  );

  const auditor = await done('token', 'create', 'contoso', '--name', 'audit', '--can', 'audit.read');
  const acts = await auditOf(product.url, auditor, 'ApiTokenIssued');
  t.ok(acts.every(({ actor }) => actor.kind === 'system' && actor.id === 'cli'));
  t.strictSame(
    acts.map(({ act }) => act),
    [
      ...['ApiTokenIssued', 'MemberRemoved', 'ApiTokenRevoked', 'ApiTokenIssued'],
      ...['MemberRoleChanged', 'MemberAdded', 'MemberAdded', 'TenantRegistered'],
    ],
    'every command has left an audit entry',
  );

  const lost = await onDatabase(product, (db) => loseArtifact(db, dataDir));

  t.match(await cli('keys', 'rotate'), { code: 1, stderr: 'Opsledger runs on' });
  const keyFile = path.join(dataDir, 'master.key');
  const keyBefore = await readFile(keyFile, 'utf8');
  t.equal(await product.end('SIGTERM'), 0);
  t.match(await done('keys', 'rotate'), 'under the new master key');
  t.not(await readFile(keyFile, 'utf8'), keyBefore);
  const again = await startProduct(t, dataDir, ['--no-demo']);
  t.match(await done('member', 'list', 'contoso'), 'Ann', 'the installation is read with the new key');
  // A worker that doesn't remove what no event names would spend the test's time limit here.
  await onDatabase(again, (db) => until(async () => !(await isStored(db, lost)), 200));
});

interface Entry {
  readonly act: string;
  readonly actor: { readonly kind: string; readonly id: string };
}

/** The audit entries of the tenant, newest first. Waits until the newest has this type. */
async function auditOf(url: string, token: string, newest: string): Promise<readonly Entry[]> {
  const headers = { authorization: `Bearer ${token}` };
  return until(async () => {
    const answer = await fetch(`${url}/api/v1/tenants/contoso/audit`, { headers });
    const { entries = [] } = (await answer.json()) as { readonly entries?: readonly Entry[] };
    return entries[0]?.act === newest && entries.length > 7 && entries;
  }, 100);
}

async function onDatabase<Result>(
  product: RunningProduct,
  work: (db: Kysely<PrimaryTables>) => Promise<Result>,
): Promise<Result> {
  const { databaseUrl } = await product.servers();
  const db = createWriterPool(databaseUrl, { logger: silent });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/**
 * Stores an artifact that no event names, as a process that died left it two days ago, and makes its collection due.
 * Returns its address.
 */
async function loseArtifact(db: Kysely<PrimaryTables>, dataDir: string): Promise<string> {
  const masterKey = await loadOrCreateMasterKey(path.join(dataDir, 'master.key'));
  const tenantId = '11111111-1111-4111-8111-111111111111';
  const address = await createArtifactStore({ db, masterKey }).put(tenantId, { lost: true });
  await sql`update opsledger.artifacts set last_put_at = now() - interval '2 days'`.execute(db);
  await sql`update opsledger.scheduled_work set due_at = now()`.execute(db);
  return address;
}

async function isStored(db: Kysely<PrimaryTables>, address: string): Promise<boolean> {
  const { rows } = await sql`select from opsledger.artifacts where address = ${address}`.execute(db);
  return rows.length > 0;
}
