import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { RENEW_AFTER_MS } from '../../src/db/artifact-rows.js';
import {
  ARTIFACT_BYTES_MAX,
  type ArtifactContent,
  type ArtifactStore,
  ArtifactTooLargeError,
  createArtifactStore,
} from '../../src/db/artifacts.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { BrokenSealError } from '../../src/db/sealed-bytes.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

const masterKey = parseMasterKey(randomBytes(32).toString('hex'));
const policy = {
  displayName: 'BitLocker baseline',
  settings: [{ id: 'encryption', value: 'hunter2'.repeat(50) }],
};

t.test('a content comes back as it was, also from another process, and is stored once', async (t) => {
  const { database, store, tenant } = await freshStore(t);
  const address = await store.put(tenant, policy);
  t.match(address, /^[0-9a-f]{64}$/);
  t.equal(
    await store.put(tenant.toUpperCase(), { settings: policy.settings, displayName: policy.displayName }),
    address,
  );
  const elsewhere = createArtifactStore({ db: database.db, masterKey });
  t.same(JSON.parse(String(await elsewhere.get(tenant, address))), policy);
  t.equal(await store.has(tenant, address), true);
  t.equal(await countOf(database), 1);
  const bytes = randomBytes(5_000);
  t.same(
    await store.get(tenant, await store.put(tenant, bytes)),
    bytes,
    'what compression would make larger',
  );
  t.same(await store.get(tenant, await store.put(tenant, new Uint8Array())), Buffer.alloc(0));
  t.equal(await store.get(tenant, '0'.repeat(64)), undefined);
  t.equal(await store.has(tenant, '0'.repeat(64)), false);
});

t.test('the digest of a text is the address its bytes would have', async (t) => {
  const { store, tenant } = await freshStore(t);
  t.equal(await store.digest(tenant, 'grün'), await store.put(tenant, Buffer.from('grün')));
  t.not(await store.digest(tenant, 'grün'), await store.digest(randomUUID(), 'grün'));
});

t.test('two tenants with the same content share nothing', async (t) => {
  const { database, store, tenant } = await freshStore(t);
  const other = randomUUID();
  const [mine, theirs] = [await store.put(tenant, policy), await store.put(other, policy)];
  t.not(mine, theirs);
  t.equal(await countOf(database), 2);
  t.equal(await store.get(other, mine), undefined);
  const { rows } = await sql<{ body: Buffer }>`select body from opsledger.artifacts`.execute(database.db);
  t.notSame(rows[0]?.body.subarray(29), rows[1]?.body.subarray(29));
});

t.test('nothing readable is in the database without the key', async (t) => {
  const { database, store, tenant } = await freshStore(t);
  await store.put(tenant, policy);
  const { rows } = await sql<{ text: string }>`
    select encode(body, 'escape') || address as text from opsledger.artifacts
    union all select encode(wrapped_key, 'escape') from opsledger.tenant_keys`.execute(database.db);
  const stored = rows.map(({ text }) => text).join();
  for (const word of ['BitLocker', 'hunter2', 'settings']) t.notOk(stored.includes(word), word);
});

t.test('a body that was changed, moved or given to another tenant is refused', async (t) => {
  const { database, store, tenant } = await freshStore(t);
  const address = await store.put(tenant, policy);
  const { rows } = await sql<{
    bytes: number;
  }>`select length(body) as bytes from opsledger.artifacts`.execute(database.db);
  const places = { format: 0, nonce: 1, tag: 13, ciphertext: 29, end: (rows[0]?.bytes ?? 0) - 1 };
  for (const [part, offset] of Object.entries(places)) {
    const flip = sql`update opsledger.artifacts set body = set_byte(body, ${offset}, get_byte(body, ${offset}) # 1)`;
    await flip.execute(database.db);
    await t.rejects(store.get(tenant, address), BrokenSealError, part);
    await flip.execute(database.db);
  }
  t.ok(await store.get(tenant, address), 'whole again');

  const moved = 'f'.repeat(64);
  await sql`update opsledger.artifacts set address = ${moved}`.execute(database.db);
  await t.rejects(store.get(tenant, moved), BrokenSealError, 'moved to another address');

  const other = randomUUID();
  await store.put(other, Buffer.from('makes the other tenant its key'));
  await sql`update opsledger.artifacts set tenant_id = ${other} where address = ${moved}`.execute(
    database.db,
  );
  await t.rejects(store.get(other, moved), BrokenSealError, 'given to another tenant');

  await sql`update opsledger.artifacts set body = 'x' where address = ${moved}`.execute(database.db);
  await t.rejects(store.get(other, moved), BrokenSealError, 'cut short');
});

t.test('storing again replaces what can’t be read and leaves what can', async (t) => {
  const { database, store, tenant } = await freshStore(t);
  const contents = [policy, { whole: true }, { other: 1 }];
  const [changed, whole, moved] = (await putAll(store, tenant, contents)) as [string, string, string];
  await sql`update opsledger.artifacts set named = true`.execute(database.db);
  await sql`update opsledger.artifacts set body = 'x' where address = ${changed}`.execute(database.db);
  await sql`update opsledger.artifacts set body = (select body from opsledger.artifacts where address = ${whole}) where address = ${moved}`.execute(
    database.db,
  );
  const bodies = () =>
    sql<{ address: string; body: Buffer; named: boolean }>`
      select address, body, named from opsledger.artifacts order by address`.execute(database.db);
  const before = (await bodies()).rows;
  for (const address of [changed, moved]) await t.rejects(store.get(tenant, address), BrokenSealError);
  t.same(await putAll(store, tenant, contents), [changed, whole, moved], 'at the same addresses');
  t.same(JSON.parse(String(await store.get(tenant, changed))), policy);
  t.same(JSON.parse(String(await store.get(tenant, moved))), { other: 1 });
  const after = (await bodies()).rows;
  t.same(
    after.flatMap(({ address, body }, index) => (before[index]?.body.equals(body) ? [address] : [])),
    [whole],
    'what can be read stays as it is',
  );
  t.ok(
    after.every(({ named }) => named),
    'it stays named by its event',
  );
});

t.test('many stores of the same contents at once end in one artifact each', async (t) => {
  const { database, store, tenant } = await freshStore(t);
  const stores = [store, createArtifactStore({ db: database.db, masterKey })];
  const contents = Array.from({ length: 20 }, (_, index) => ({ index, policy }));
  const puts = Array.from({ length: 12 }, (_, round) => {
    const order = round % 2 ? contents : [...contents].reverse();
    return putAll(stores[round % 2] as ArtifactStore, tenant, order);
  });
  const addresses = await Promise.all(puts);
  t.equal(new Set(addresses.flat()).size, contents.length);
  t.same(addresses[0]?.toReversed(), addresses[1], 'in the order of the contents');
  t.equal(await countOf(database), contents.length);
  t.same(JSON.parse(String(await store.get(tenant, addresses[1]?.[7] as string))), contents[7]);
});

t.test('storing again renews, also while others do', async (t) => {
  const { database, store, tenant } = await freshStore(t);
  const contents = Array.from({ length: 30 }, (_, index) => ({ index }));
  await putAll(store, tenant, contents);
  await sql`update opsledger.artifacts set last_put_at = last_put_at - ${2 * RENEW_AFTER_MS} * interval '1 ms'`.execute(
    database.db,
  );
  await Promise.all([
    putAll(store, tenant, contents.slice(0, 20)),
    putAll(store, tenant, contents.slice(0, 20).reverse()),
  ]);
  const { rows } = await sql`
    select count(*) as fresh from opsledger.artifacts where last_put_at > now() - interval '1 minute'`.execute(
    database.db,
  );
  t.same(rows, [{ fresh: 20 }]);
});

t.test('a content that is too large is refused', async (t) => {
  const { store, tenant } = await freshStore(t);
  await t.rejects(store.put(tenant, Buffer.alloc(ARTIFACT_BYTES_MAX + 1)), ArtifactTooLargeError);
});

const putAll = (store: ArtifactStore, tenant: string, contents: readonly ArtifactContent[]) =>
  Promise.all(contents.map((content) => store.put(tenant, content)));

async function freshStore(t: Parameters<typeof testDatabase>[0]) {
  const database = await testDatabase(t);
  const store = createArtifactStore({ db: database.db, masterKey });
  return { database, store, tenant: randomUUID() };
}

async function countOf({ db }: TestDatabase): Promise<number> {
  const { rows } = await sql<{ rows: number }>`select count(*) as rows from opsledger.artifacts`.execute(db);
  return rows[0]?.rows ?? -1;
}
