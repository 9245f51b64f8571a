import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { collectUnnamed, markNamed } from '../../src/db/collect-artifacts.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { testDatabase } from '../support/database.js';

t.test('only old artifacts that no event names are collected, page by page', async (t) => {
  const { db } = await testDatabase(t);
  const store = createArtifactStore({ db, masterKey: parseMasterKey(randomBytes(32).toString('base64')) });
  const [tenantId, other] = [randomUUID(), randomUUID()];
  const addresses = await Promise.all(numbered(0, 700).map((content) => store.put(tenantId, content)));
  const theirs = await store.put(other, { index: 0 });
  const named = addresses.filter((_, index) => index % 7 === 0);
  await markNamed(db, tenantId, [...named, 'f'.repeat(64)]);
  await markNamed(db, other, [theirs]);
  await sql`update opsledger.artifacts set last_put_at = now() - interval '25 hours'`.execute(db);
  const young = await store.put(tenantId, { young: true });
  const [, storedAgain = ''] = addresses;
  t.equal(await store.put(tenantId, { index: 1 }), storedAgain);
  t.equal(await collectUnnamed(db), 700 - named.length - 1);
  const { rows } = await sql<{ address: string }>`select address from opsledger.artifacts`.execute(db);
  t.same(new Set(rows.map(({ address }) => address)), new Set([...named, storedAgain, young, theirs]));
  t.equal(await collectUnnamed(db), 0);
});

t.test('an age below what storing again renews is refused', async (t) => {
  const { db } = await testDatabase(t);
  await t.rejects(collectUnnamed(db, { unusedForMs: 3_600_000 }), RangeError);
});

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ index: from + index }));
