import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { createGraphCredentialStore } from '../../src/db/graph-credentials.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import {
  assertMasterKey,
  createTenantKeyring,
  rewrapTenantKeys,
  WrongMasterKeyError,
} from '../../src/db/tenant-keyring.js';
import { testDatabase } from '../support/database.js';

const newMasterKey = () => parseMasterKey(randomBytes(32).toString('hex'));

t.test('a new version encrypts later bodies, and neither addresses nor older bodies change', async (t) => {
  const { db } = await testDatabase(t);
  const masterKey = newMasterKey();
  const tenant = randomUUID();
  const store = createArtifactStore({ db, masterKey });
  const running = createArtifactStore({ db, masterKey });
  const old = await store.put(tenant, { old: true });
  await running.get(tenant, old);
  await createTenantKeyring(db, masterKey).rotate(tenant);
  const restarted = createArtifactStore({ db, masterKey });
  const fresh = await restarted.put(tenant, { fresh: true });
  t.equal(await restarted.put(tenant, { old: true }), old);
  const { rows } =
    await sql`select address, key_version from opsledger.artifacts order by key_version`.execute(db);
  t.same(rows, [
    { address: old, key_version: 1 },
    { address: fresh, key_version: 2 },
  ]);
  t.equal(String(await restarted.get(tenant, old)), '{"old":true}');
  t.equal(
    String(await running.get(tenant, fresh)),
    '{"fresh":true}',
    'a process that knew one version looks again',
  );
});

t.test('processes that make a tenant its first key at once agree on one', async (t) => {
  const { db } = await testDatabase(t);
  const masterKey = newMasterKey();
  const tenant = randomUUID();
  const rings = Array.from({ length: 6 }, () => createTenantKeyring(db, masterKey));
  const keys = await Promise.all(rings.map((ring) => ring.keysOf(tenant)));
  t.equal(new Set(keys.map(({ addressing }) => addressing.toString('hex'))).size, 1);
});

t.test('another master key is refused in a sentence, and rewrapping makes it the right one', async (t) => {
  const { db } = await testDatabase(t);
  const [before, after] = [newMasterKey(), newMasterKey()];
  const tenants = Array.from({ length: 3 }, () => randomUUID());
  const store = createArtifactStore({ db, masterKey: before });
  const addresses = await Promise.all(tenants.map((tenant) => store.put(tenant, { kept: true })));
  const other = createArtifactStore({ db, masterKey: after });
  await t.rejects(other.get(tenants[0] as string, addresses[0] as string), WrongMasterKeyError);
  await t.rejects(other.put(tenants[0] as string, {}), { message: /set OPSLEDGER_MASTER_KEY to the former/ });
  await t.rejects(assertMasterKey(db, after), WrongMasterKeyError);
  t.equal(await rewrapTenantKeys(db, before, after), tenants.length);
  await assertMasterKey(db, after);
  t.equal(String(await other.get(tenants[0] as string, addresses[0] as string)), '{"kept":true}');
  t.equal(await rewrapTenantKeys(db, before, after), 0);
  t.equal(await rewrapTenantKeys(db, after, after), 0);
});

t.test('a wrapped key that was changed or given to another tenant is refused', async (t) => {
  const { db } = await testDatabase(t);
  const masterKey = newMasterKey();
  const tenant = randomUUID();
  await createTenantKeyring(db, masterKey).keysOf(tenant);
  const other = randomUUID();
  await sql`update opsledger.tenant_keys set tenant_id = ${other}`.execute(db);
  await t.rejects(createTenantKeyring(db, masterKey).keysOf(other), { name: 'BrokenSealError' });
});

t.test('a Graph credential is sealed, comes back, survives a rotation and goes', async (t) => {
  const { db } = await testDatabase(t);
  const masterKey = newMasterKey();
  const tenant = randomUUID();
  const store = createGraphCredentialStore({ db, masterKey });
  t.equal(await store.get(tenant, null), undefined);
  await store.set(tenant, null, { clientSecret: 'first' });
  await createTenantKeyring(db, masterKey).rotate(tenant);
  t.same(await store.get(tenant, null), { clientSecret: 'first' });
  await createGraphCredentialStore({ db, masterKey }).set(tenant, null, { clientSecret: 'second' });
  t.same(await store.get(tenant, null), { clientSecret: 'second' });
  const { rows } = await sql<{ text: string }>`
    select encode(sealed, 'escape') as text from opsledger.graph_credentials`.execute(db);
  t.notMatch(rows[0]?.text, /second|clientSecret/);
  await store.removeAll(tenant);
  t.equal(await store.get(tenant, null), undefined);
});

t.test('a tenant’s credentials stand beside each other until old ones are removed', async (t) => {
  const { db } = await testDatabase(t);
  const store = createGraphCredentialStore({ db, masterKey: newMasterKey() });
  const [tenant, other] = [randomUUID(), randomUUID()];
  const [used, proposed] = [randomUUID(), randomUUID()];
  await store.set(tenant, null, { token: 'before' });
  await store.set(tenant, used, { secret: 'used' });
  await store.set(other, null, { token: 'other' });
  await sql`update opsledger.graph_credentials set updated_at = now() - interval '2 days'`.execute(db);
  await store.set(tenant, proposed, { secret: 'proposed' });
  await store.removeOld(tenant, [used]);
  t.equal(await store.get(tenant, null), undefined, 'an old secret that nothing uses is removed');
  t.same(await store.get(tenant, used), { secret: 'used' });
  t.same(await store.get(tenant, proposed), { secret: 'proposed' }, 'younger than a day');
  t.same(await store.get(other, null), { token: 'other' });
  await sql`update opsledger.graph_credentials set credential_id = ${randomUUID()}
    where tenant_id = ${tenant} and credential_id = ${proposed}`.execute(db);
  const { rows } = await sql<{ id: string }>`
    select credential_id as id from opsledger.graph_credentials
    where tenant_id = ${tenant} and credential_id <> ${used}`.execute(db);
  await t.rejects(store.get(tenant, rows[0]?.id ?? ''), { name: 'BrokenSealError' }, 'bound to its id');
});
