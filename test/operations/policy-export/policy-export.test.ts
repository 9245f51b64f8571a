import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import t from 'tap';
import { systemChance, systemClock } from '../../../src/clock.js';
import { createExportFileStore } from '../../../src/db/export-files.js';
import { parseMasterKey } from '../../../src/db/master-key.js';
import { backupSetEntity } from '../../../src/entities/backup-set/backup-set.js';
import { readBackupSet } from '../../../src/entities/backup-set/read-backup-set.js';
import { createGraphClient } from '../../../src/graph/client/create-graph-client.js';
import type { GraphClient } from '../../../src/graph/client/graph-client.js';
import type { WholePolicy } from '../../../src/graph/policies/read-whole.js';
import { demoTenant } from '../../../src/graph/simulator/demo/demo-tenant.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { startGraphSimulator } from '../../../src/graph/simulator/start-graph-simulator.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { sha256Hex } from '../../../src/ledger/canonical-json.js';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import { policyExport } from '../../../src/operations/policy-export/policy-export.js';
import { POLICY_TYPES, policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { type CapturingRun, keepSnapshot } from '../../../src/snapshots/capture-snapshot.js';
import { unpack, unzip } from '../../exports/unzip.js';
import { testDatabase } from '../../support/database.js';
import { BED_TENANT, createFillingBed } from '../../support/filling-bed.js';
import { createOperationBed, findingsIn } from '../../support/operation-bed.js';
import { skipWithoutUnzip, unzipPath } from '../../support/system-parts.js';

/**
 * Goal: an export contains exactly the chosen policies in Graph's form, also when requests fail or processes die;
 * served by the simulator, it shows no drift. Method: real claims, a simulated Graph, and files in a real database.
 */
const TYPE = 'deviceConfigurations';
const path = policyTypeNamed(TYPE)?.path ?? '';
const idOf = (n: number) => `0b0b0b0b-0000-4000-8000-${String(n).padStart(12, '0')}`;
const policy = (n: number, more: GraphObject = {}): GraphObject => ({
  '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
  id: idOf(n),
  displayName: `Policy ${n}`,
  passwordMinimumLength: n,
  roleScopeTagIds: ['0'],
  assignments: [],
  ...more,
});
const contentOf = (...policies: GraphObject[]): GraphContent => new Map([[path, policies]]);
const listed = (...ids: string[]) => ({
  source: {
    from: 'graph',
    policies: { from: 'list', policies: ids.map((policyId) => ({ policyType: TYPE, policyId })) },
  },
});

interface Manifest {
  readonly policies: readonly Record<string, unknown>[];
  readonly missing: readonly Record<string, unknown>[];
}

async function exportBed(t: Parameters<typeof testDatabase>[0], content: GraphContent) {
  const { db } = await testDatabase(t);
  const exportFiles = createExportFileStore({
    db,
    masterKey: parseMasterKey(randomBytes(32).toString('hex')),
  });
  const bed = await createFillingBed(t, content, { definition: policyExport, exportFiles });
  const archiveOf = async (runId: string): Promise<Buffer | undefined> => {
    const file = await exportFiles.open(BED_TENANT, runId);
    if (!file) return undefined;
    const parts: Buffer[] = [];
    for await (const part of file.content) parts.push(part);
    return Buffer.concat(parts);
  };
  const opened = async (runId: string) => {
    const files = await unzip((await archiveOf(runId)) ?? Buffer.alloc(0));
    const manifest = JSON.parse(String(files.get('manifest.json'))) as Manifest;
    return { files, manifest };
  };
  return { ...bed, db, archiveOf, opened };
}

function clientOf(baseUrl: string): GraphClient {
  return createGraphClient({
    baseUrl,
    token: async () => 'a-token',
    readOnly: true,
    clock: systemClock,
    chance: systemChance,
  });
}

t.test(
  'served by the simulator, an export of every policy type shows no drift against its source',
  async (t) => {
    const demo = demoTenant('export', 'contoso');
    if (demo.kind !== 'generations') throw new Error('the demo tenant has no generations');
    const bed = await exportBed(t, demo.at(3));
    const client = clientOf(bed.simulator.url);
    const { runId, summary } = await bed.fill({ source: { from: 'graph', policies: { from: 'tenant' } } });
    const { files, manifest } = await bed.opened(runId);
    t.equal(new Set(manifest.policies.map(({ type }) => type)).size, POLICY_TYPES.length, 'of every type');
    t.equal(files.size, manifest.policies.length + 1);
    t.equal(summary, `${manifest.policies.length} policies exported`);
    t.match(await bed.counts(runId), { total: manifest.policies.length, failed: 0 });
    for (const { file, sha256, bytes } of manifest.policies) {
      const content = files.get(String(file));
      if (!content || sha256Hex(content) !== sha256 || content.length !== bytes)
        t.fail(`${file} is another file`);
    }
    const referred = manifest.policies.flatMap(
      ({ references }) => references as { kind: string; name: string }[],
    );
    t.ok(referred.some(({ kind, name }) => kind === 'group' && name));
    t.ok(
      manifest.policies.some(({ withheld }) => (withheld as string[]).length > 0),
      'secrets are named',
    );

    const folder = `${t.testdir({})}/unpacked`;
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    await unpack((await bed.archiveOf(runId)) ?? Buffer.alloc(0), folder);
    const served = await startGraphSimulator({ source: { folder } });
    t.teardown(() => served.stop());
    t.same(served.problems, []);
    const groups = await client.get('groups');
    const named = (await clientOf(served.url).get('groups')).value as { displayName: string }[];
    const known = new Set((groups.value as { displayName: string }[]).map(({ displayName }) => displayName));
    t.ok(
      named.length > 0 && named.every(({ displayName }) => known.has(displayName)),
      'groups keep their names',
    );

    let graph = client;
    const drift = createOperationBed({
      policies: (type, call) => graph.policies(type, call),
      permissions: () => graph.permissions(),
    });
    const before = await drift.run(inventorySync);
    graph = clientOf(served.url);
    const after = await drift.run(inventorySync);
    t.equal(after.summary, before.summary);
    t.same(findingsIn(await drift.run(driftGenerate)), []);
  },
);

t.test(
  'a policy that is gone is a failed item that the manifest names, and the others are exported',
  async (t) => {
    const bed = await exportBed(t, contentOf(policy(1), policy(3)));
    const { runId, summary } = await bed.fill(listed(idOf(1), idOf(2), idOf(3)));
    t.equal(summary, '2 policies exported, 1 not readable');
    const { files, manifest } = await bed.opened(runId);
    t.same([...files.keys()], [`${TYPE}/Policy 1.json`, `${TYPE}/Policy 3.json`, 'manifest.json']);
    t.match(manifest.missing, [{ type: TYPE, id: idOf(2), reasonCode: 'graph_not_found' }]);
    t.match(bed.events('ExportWritten'), [{ data: { policies: 2, missing: 1 } }]);
  },
);

t.test('of a whole tenant, a type that can’t be listed is missing and reported', async (t) => {
  const bed = await exportBed(t, contentOf(policy(1), policy(2)));
  bed.simulator.failNext({ kind: 'status', status: 403, path: '^deviceManagement/intents' });
  const policies = { from: 'tenant', policyTypes: [TYPE, 'intents'] };
  const { runId, summary } = await bed.fill({ source: { from: 'graph', policies } });
  t.equal(summary, '2 policies exported, 1 not readable');
  t.match(await bed.counts(runId), { total: 3, processed: 3, succeeded: 2, failed: 1 });
  const { manifest } = await bed.opened(runId);
  t.match(manifest.missing, [{ type: 'intents', id: '', reasonCode: 'graph_forbidden' }]);
});

t.test('a version that only an inventory saw is exported as it was then, without Graph', async (t) => {
  const group = '0a0a0a0a-0000-4000-8000-00000000000a';
  const target = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: group };
  const bed = await exportBed(t, contentOf(policy(1, { assignments: [{ target }] }), policy(2)));
  const inventory = await bed.fill({ policyTypes: [TYPE] }, inventorySync);
  bed.simulator.tenants()[0]?.state.remove(path, idOf(1));
  const asked = bed.simulator.requests().length;
  const seen = {
    from: 'observation',
    runId: inventory.runId,
    policyType: TYPE,
    policyId: idOf(1).toUpperCase(),
  };
  const { runId } = await bed.fill({ source: seen, name: 'Policy 1' });
  t.equal(bed.simulator.requests().length, asked);
  const { files, manifest } = await bed.opened(runId);
  t.match(JSON.parse(String(files.get(`${TYPE}/Policy 1.json`))), { passwordMinimumLength: 1 });
  t.match(manifest.policies, [
    {
      id: idOf(1),
      snapshot: null,
      references: [{ kind: 'group', id: group, name: null, unnamed: 'not_asked' }, {}],
    },
  ]);
  await t.rejects(bed.fill({ source: { ...seen, policyId: idOf(3) } }), /no longer in the tenant’s log/);
  await t.rejects(bed.begin({ source: { ...seen, runId: `${'9'.repeat(32)}-0` } }), /no such inventory/);
});

t.test('where nothing can be read there is no file', async (t) => {
  const bed = await exportBed(t, contentOf(policy(1)));
  const { runId, summary } = await bed.fill(listed(idOf(2)));
  t.equal(summary, 'No policy could be exported');
  t.equal(await bed.archiveOf(runId), undefined);
  t.same(bed.events('ExportWritten'), []);
});

t.test('hostile names and long texts are exported completely', async (t) => {
  const names = [
    'CON',
    'a/b',
    '../x',
    'x'.repeat(300),
    '👩\u200d🚀',
    '=1+1',
    'Twin',
    'twin',
    'é',
    'e\u0301',
    ' ',
  ];
  const long = 'ü'.repeat(241_000);
  const policies = names.map((displayName, n) =>
    policy(n, { displayName, description: n === 0 ? long : null }),
  );
  const bed = await exportBed(t, contentOf(...policies));
  const { runId } = await bed.fill(listed(...names.map((_, n) => idOf(n))));
  const { files, manifest } = await bed.opened(runId);
  t.equal(files.size, names.length + 1);
  for (const { file, name, id } of manifest.policies) {
    const content = JSON.parse(String(files.get(String(file)))) as GraphObject;
    t.match(content, { id, displayName: name, '@odata.context': /deviceConfigurations\/\$entity$/ });
    if (name === 'CON') t.equal(content.description, long);
  }
  t.same(new Set(manifest.policies.map(({ name }) => name)), new Set(names));

  await t.test(
    'the system’s own unzip extracts the archive as well',
    { skip: skipWithoutUnzip() },
    async (t) => {
      const parent = t.testdir({ archives: {} });
      const folder = `${parent}/unpacked`;
      const zip = `${parent}/archives/export.zip`;
      await writeFile(zip, (await bed.archiveOf(runId)) ?? '');
      // File names come out as they are where the locale knows them.
      const environment = { ...process.env, LC_ALL: 'C.UTF-8' };
      await promisify(execFile)(unzipPath() ?? '', ['-q', zip, '-d', folder], { env: environment });
      t.same((await readdir(parent)).sort(), ['archives', 'unpacked'], 'nothing lies outside the folder');
      const unpacked = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
        one.isFile(),
      );
      const paths = unpacked.map((one) => `${one.parentPath}/${one.name}`.slice(folder.length + 1));
      t.same(
        paths.sort(),
        ['manifest.json', ...manifest.policies.map(({ file }) => file)].sort(),
        'each once',
      );
      for (const { file, sha256 } of manifest.policies)
        t.equal(sha256Hex(await readFile(`${folder}/${file}`)), sha256, String(file));
    },
  );
});

t.test('after a crash at any point the next attempt writes the same file, once', async (t) => {
  const content = contentOf(...Array.from({ length: 20 }, (_, n) => policy(n)));
  const list = listed(...Array.from({ length: 20 }, (_, n) => idOf(n)));
  const tenant = { source: { from: 'graph', policies: { from: 'tenant', policyTypes: [TYPE] } } };
  // The three appends are: total and outcomes, the file's event, and the end of the run.
  for (const [killedAt, answered, input = list] of [
    [1, true],
    [2, false],
    [2, true],
    [3, false],
    [3, true],
    [4, false],
    [1, true, tenant],
    [2, false, tenant],
    [2, true, tenant],
  ] as const) {
    const bed = await exportBed(t, content);
    const runId = await bed.begin(input);
    await bed.attempt(runId, { killedAt, answered }).catch(() => undefined);
    const before = await bed.archiveOf(runId);
    if ((await bed.counts(runId)).processed < 20 || bed.events('RunCompleted').length === 0)
      await bed.attempt(runId);
    const after = await bed.archiveOf(runId);
    if (before) t.ok(after?.equals(before), 'a finished file is not written again');
    t.equal((await bed.opened(runId)).manifest.policies.length, 20, `killed at append ${killedAt}`);
    t.equal(bed.events('ExportWritten').length, 1);
    t.match(await bed.counts(runId), { total: 20, processed: 20, succeeded: 20, failed: 0 });
  }
});

t.test('a backup set and a version are exported as they were kept, without Graph', async (t) => {
  const bed = await exportBed(t, contentOf());
  const { tenantId, runId: by } = { tenantId: BED_TENANT, runId: `${'9'.repeat(32)}-0` };
  const type = policyTypeNamed(TYPE);
  if (!type) throw new Error('the catalogue lacks a type');
  const kept = async (n: number) => {
    const { assignments: _, ...raw } = policy(n, { roleScopeTagIds: ['1'] });
    const assignments = [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }];
    const document = {
      kind: 'policy',
      type,
      id: idOf(n),
      name: `Policy ${n}`,
      raw,
      settings: null,
      assignments,
    };
    const appending: CapturingRun = {
      tenantId,
      runId: by,
      produce: async (stream, draft, expected) => {
        const { head } = await bed.ledger.append(stream, expected, [draft], {
          tenantId,
          actor: { kind: 'worker', id: 'w' },
          correlationId: 'c',
          causationId: 'c',
          runId: by,
        });
        return { revision: head.revision };
      },
    };
    const whole = { policy: document, references: [] } as WholePolicy;
    return (await keepSnapshot({ ledger: bed.ledger, artifacts: bed.artifacts }, appending, whole)).snapshot;
  };
  const [one, two] = [await kept(1), await kept(2)];
  const setId = '1f2d3c4b-0000-4000-8000-0000000000b1';
  await bed.makeSet(setId, 'Before the change');
  const { head } = (await readBackupSet(bed.ledger, tenantId, setId)) ?? {};
  if (!head) throw new Error('there is no set');
  const items = [one, two].map(({ id, bytes }) => ({ snapshot: id, bytes, withheld: 0 }));
  const options = { includeAssignments: false, includeScopeTags: false };
  await bed.ledger.append(
    backupSetEntity.stream(tenantId, setId),
    head,
    [{ type: 'BackupItemsAdded', data: { options, items } }],
    { tenantId, actor: { kind: 'worker', id: 'w' }, correlationId: 'c', causationId: 'c', runId: by },
  );
  const set = await bed.fill({ source: { from: 'backup_set', setId } });
  t.equal(set.summary, '2 policies exported');
  const { files, manifest } = await bed.opened(set.runId);
  t.same(
    manifest.policies.map(({ snapshot }) => snapshot),
    [one.id, two.id],
  );
  const file = JSON.parse(String(files.get(`${TYPE}/Policy 1.json`))) as GraphObject;
  t.equal(file.passwordMinimumLength, 1);
  t.notOk('assignments' in file || 'roleScopeTagIds' in file, 'what the set was made without');

  const version = await bed.fill({ source: { from: 'snapshot', snapshotId: two.id } });
  const whole = (await bed.opened(version.runId)).files.get(`${TYPE}/Policy 2.json`);
  t.match(JSON.parse(String(whole)), { roleScopeTagIds: ['1'], assignments: [{ target: {} }] });
  t.same(bed.simulator.requests(), []);
  await t.rejects(bed.begin({ source: { from: 'backup_set', setId: tenantId } }), /no such backup set/);
});
