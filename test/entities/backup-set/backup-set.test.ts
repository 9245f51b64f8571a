import t from 'tap';
import {
  backupSetEntity,
  createBackupSet,
  expireBackupSet,
  renameBackupSet,
} from '../../../src/entities/backup-set/backup-set.js';
import { readBackupSet } from '../../../src/entities/backup-set/read-backup-set.js';
import type { ChangeRequest } from '../../../src/ledger/entity-command.js';
import { headAfter } from '../../../src/ledger/stream-head.js';
import { createEventBuilder } from '../../support/event-builder.js';

const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const setId = '1f2d3c4b-0000-4000-8000-0000000000b1';
const asked: ChangeRequest = {
  tenantId: TENANT,
  actor: { kind: 'member', id: '1f2d3c4b-0000-4000-8000-00000000000a' },
  correlationId: 'c',
  now: 0,
};
const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)];
const whole = { includeAssignments: true, includeScopeTags: true };
const bare = { includeAssignments: false, includeScopeTags: true };

function setUp() {
  const { ledger } = createEventBuilder();
  const stream = backupSetEntity.stream(TENANT, setId);
  const add = async (runId: string, snapshots: readonly string[], options = whole) => {
    const items = snapshots.map((snapshot) => ({ snapshot, bytes: 10, withheld: 1 }));
    const head = headAfter(await ledger.last(stream));
    const context = { tenantId: TENANT, runId, actor: asked.actor, correlationId: 'c', causationId: 'c' };
    await ledger.append(stream, head, [{ type: 'BackupItemsAdded', data: { options, items } }], context);
  };
  return { ledger, add, read: () => readBackupSet(ledger, TENANT, setId) };
}

t.test('a set is made once, renamed, and ends for good', async (t) => {
  const { ledger, read } = setUp();
  t.equal(await read(), undefined);
  const unknown = { kind: 'refused', message: /no such backup set/ };
  t.match(await renameBackupSet.carryOut(ledger, { setId, name: 'x' }, asked), unknown);
  t.match(await expireBackupSet.carryOut(ledger, { setId, reason: 'x' }, asked), unknown);
  await createBackupSet.carryOut(ledger, { setId, name: '  Before Wi-Fi ' }, asked);
  await createBackupSet.carryOut(ledger, { setId, name: 'sent twice' }, asked);
  t.match(await read(), { name: 'Before Wi-Fi', origin: { kind: 'person' }, expiredBecause: null });
  await t.rejects(
    renameBackupSet.carryOut(ledger, { setId, name: 'password=hunter2hunter2' }, asked),
    /leave out/,
    'a name that holds a secret is refused',
  );
  await renameBackupSet.carryOut(ledger, { setId, name: 'After Wi-Fi' }, asked);
  t.equal((await read())?.name, 'After Wi-Fi');
  await expireBackupSet.carryOut(ledger, { setId, reason: 'No longer needed' }, asked);
  await expireBackupSet.carryOut(ledger, { setId, reason: 'again' }, asked);
  t.match(await read(), { expiredBecause: 'No longer needed', head: { revision: 2 } });
});

t.test('of several snapshots of one policy the last one counts, with its options', async (t) => {
  const { ledger, add, read } = setUp();
  await createBackupSet.carryOut(ledger, { setId, name: 'Set' }, asked);
  await add('run-1', [`${ONE}-0`, `${TWO}-4`]);
  await add('run-2', [`${ONE}-3`], bare);
  const item = { bytes: 10, withheld: 1 };
  t.same(
    [...((await read())?.items ?? [])],
    [
      [ONE, { ...item, ...bare, snapshot: `${ONE}-3`, addedBy: 'run-2' }],
      [TWO, { ...item, ...whole, snapshot: `${TWO}-4`, addedBy: 'run-1' }],
    ],
  );
});

/** How many entries were put into maps while the work was done. */
async function entriesPut(work: () => Promise<unknown>): Promise<number> {
  const { set } = Map.prototype;
  let entries = 0;
  Map.prototype.set = function put(key, value) {
    entries += 1;
    return set.call(this, key, value);
  };
  try {
    await work();
  } finally {
    Map.prototype.set = set;
  }
  return entries;
}

t.test('the work of reading, renaming and ending a set grows with its additions, not faster', async (t) => {
  const workOn = async (additions: number) => {
    const { ledger, add, read } = setUp();
    await createBackupSet.carryOut(ledger, { setId, name: 'Set' }, asked);
    for (let n = 0; n < additions; n++) await add('run-1', [`${n.toString(16).padStart(32, '0')}-0`]);
    const works = {
      read,
      rename: () => renameBackupSet.carryOut(ledger, { setId, name: 'Another' }, asked),
      expire: () => expireBackupSet.carryOut(ledger, { setId, reason: 'Old' }, asked),
    };
    const entries: Record<string, number> = {};
    for (const [name, work] of Object.entries(works)) entries[name] = await entriesPut(work);
    t.equal((await read())?.items.size, additions);
    return entries;
  };
  const [few, many] = [await workOn(50), await workOn(200)];
  for (const [name, entries] of Object.entries(many))
    t.ok(entries <= 5 * (few[name] ?? 0) + 100, `${name}: ${few[name]} and ${entries} entries`);
});
