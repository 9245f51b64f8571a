import { randomUUID } from 'node:crypto';
import t from 'tap';
import {
  bindLedger,
  newestSeenEvent,
  replaceSeenEvent,
  storeSeenEvent,
} from '../../src/db/ledger-identity.js';
import { testDatabase } from '../support/database.js';

t.test('a database belongs to the first log it meets', async (t) => {
  const { db } = await testDatabase(t);
  const [mine, other] = [randomUUID(), randomUUID()];
  await Promise.all([bindLedger(db, mine), bindLedger(db, mine)]);
  await bindLedger(db, mine);
  await t.rejects(bindLedger(db, other), { message: new RegExp(`${mine}.*${other}`) });
});

t.test('the newest event of the log is remembered, whoever stores one first', async (t) => {
  const { db } = await testDatabase(t);
  await bindLedger(db, randomUUID());
  t.equal(await newestSeenEvent(db), undefined);
  const [older, newer] = [10, 2 ** 40].map((at) => ({ commit: at, prepare: at, id: randomUUID() }));
  if (!older || !newer) throw new Error('two events');
  await Promise.all([storeSeenEvent(db, newer), storeSeenEvent(db, older)]);
  await storeSeenEvent(db, older);
  t.strictSame(await newestSeenEvent(db), newer);
  await replaceSeenEvent(db, older);
  t.strictSame(await newestSeenEvent(db), older, 'an older log was accepted');
});
