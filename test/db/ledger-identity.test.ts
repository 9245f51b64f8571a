import { randomUUID } from 'node:crypto';
import t from 'tap';
import { bindLedger } from '../../src/db/ledger-identity.js';
import { testDatabase } from '../support/database.js';

t.test('a database belongs to the first log it meets', async (t) => {
  const { db } = await testDatabase(t);
  const [mine, other] = [randomUUID(), randomUUID()];
  await Promise.all([bindLedger(db, mine), bindLedger(db, mine)]);
  await bindLedger(db, mine);
  await t.rejects(bindLedger(db, other), { message: new RegExp(`${mine}.*${other}`) });
});
