import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createArtifactStore } from '../../src/db/artifacts.js';
import { collectUnreferenced } from '../../src/db/collect-artifacts.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { testDatabase } from '../support/database.js';

t.test('only old artifacts that no event names are collected, page by page', async (t) => {
  const { db } = await testDatabase(t);
  const store = createArtifactStore({ db, masterKey: parseMasterKey(randomBytes(32).toString('base64')) });
  const [tenantId, other] = [randomUUID(), randomUUID()];
  const addresses = await store.putAll(tenantId, numbered(0, 700));
  const theirs = await store.put(other, { theirs: true });
  await sql`update opsledger.artifacts set last_put_at = now() - interval '25 hours'`.execute(db);
  const young = await store.put(tenantId, { young: true });
  const named = new Set(addresses.filter((_, index) => index % 7 === 0));
  const askedAbout: number[] = [];
  let storedAgain = '';
  const removed = await collectUnreferenced({
    db,
    tenantId,
    referenced: async (page) => {
      askedAbout.push(page.length);
      if (storedAgain) return named;
      // Between the look and the removal: nobody names it yet, and it has to survive.
      const unnamed = page.find((address) => !named.has(address));
      storedAgain = await store.put(tenantId, { index: addresses.indexOf(unnamed as string) });
      t.equal(storedAgain, unnamed);
      return named;
    },
  });
  t.equal(removed, 700 - named.size - 1);
  t.same(askedAbout, [500, 200]);
  const { rows } = await sql<{ address: string }>`select address from opsledger.artifacts`.execute(db);
  t.same(new Set(rows.map(({ address }) => address)), new Set([...named, storedAgain, young, theirs]));
});

t.test('an age below what storing again renews is refused', async (t) => {
  const { db } = await testDatabase(t);
  const collect = collectUnreferenced({
    db,
    tenantId: randomUUID(),
    referenced: async () => new Set(),
    unusedForMs: 60_000,
  });
  await t.rejects(collect, RangeError);
});

function numbered(from: number, to: number) {
  return Array.from({ length: to - from }, (_, offset) => ({ index: from + offset }));
}
