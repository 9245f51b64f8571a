import { randomUUID } from 'node:crypto';
import t from 'tap';
import { actorNames } from '../../src/db/actor-names.js';
import { findPerson, forgetPerson, recordPerson, recordPersonWithId } from '../../src/db/persons.js';
import { testDatabase } from '../support/database.js';

const issuer = 'https://issuer.example';
const someone = () => ({
  personId: randomUUID(),
  issuer,
  subject: randomUUID(),
  displayName: 'First name',
  email: 'first@example.com',
});

t.test(
  'an issuer and a subject are one person, whatever they are called and however they race',
  async (t) => {
    const { db } = await testDatabase(t);
    const person = someone();
    const noted = await Promise.all(
      Array.from({ length: 8 }, () => recordPerson(db, { ...person, personId: randomUUID() })),
    );
    const [personId] = noted.map((known) => known.personId);
    t.equal(new Set(noted.map((known) => known.personId)).size, 1);
    const renamed = await recordPerson(db, {
      ...someone(),
      subject: person.subject,
      displayName: 'New',
      email: null,
    });
    t.equal(renamed.personId, personId);
    t.same(await findPerson(db, renamed.personId), renamed);
    t.not((await recordPerson(db, { ...person, issuer: `${issuer}/other` })).personId, personId);
  },
);

t.test(
  'a person who is recorded under an id is known by the issuer and subject of the last time',
  async (t) => {
    const { db } = await testDatabase(t);
    const person = someone();
    await recordPersonWithId(db, person);
    const moved = { ...person, issuer: `${issuer}/other`, subject: 'moved', displayName: 'New', email: null };
    await recordPersonWithId(db, moved);
    t.same(await findPerson(db, person.personId), moved);
    t.not((await recordPerson(db, { ...person, personId: randomUUID() })).personId, person.personId);
  },
);

t.test('a forgotten person has no name and no session, and their tokens name nobody', async (t) => {
  const { db } = await testDatabase(t);
  const [gone, stays] = [await recordPerson(db, someone()), await recordPerson(db, someone())];
  const expires_at = new Date(Date.now() + 60_000);
  await db
    .insertInto('opsledger.sessions')
    .values({ session_hash: 'h', person_id: gone.personId, expires_at })
    .execute();
  await db
    .insertInto('opsledger.api_tokens')
    .values({
      token_id: randomUUID(),
      token_hash: 'h',
      tenant_id: randomUUID(),
      name: 'ci',
      capabilities: ['runs.read', 'runs.start'],
      created_by: gone.personId,
      expires_at,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
  await forgetPerson(db, gone.personId);
  await forgetPerson(db, gone.personId);
  const tokens = await db.selectFrom('opsledger.api_tokens').select('token_id').execute();
  const actors = await actorNames(db, [gone.personId, stays.personId, ...tokens.map((row) => row.token_id)]);
  t.same([...actors.values()].sort(), ['ci', stays.displayName].sort());
  const names = await actorNames(db, [gone.personId, stays.personId, randomUUID()]);
  t.same([...names], [[stays.personId, stays.displayName]]);
  t.equal(await findPerson(db, gone.personId), undefined);
  t.same(await db.selectFrom('opsledger.sessions').selectAll().execute(), []);
  t.match(await db.selectFrom('opsledger.api_tokens').selectAll().execute(), [
    { created_by: null, capabilities: ['runs.read', 'runs.start'] },
  ]);
});

t.test('any number of names is looked up at once', async (t) => {
  const { db } = await testDatabase(t);
  t.equal((await actorNames(db, [])).size, 0);
  const person = await recordPerson(db, someone());
  // More than the 65,535 parameters that one statement can have.
  const ids = [...Array.from({ length: 70_000 }, () => randomUUID()), person.personId];
  t.same([...(await actorNames(db, ids))], [[person.personId, person.displayName]]);
});
