import { type Kysely, sql } from 'kysely';
import type { PrimaryTables } from './primary-tables.js';

/** A person who can sign in, identified by an issuer and a subject. Events contain only the id. */
export interface Person {
  readonly personId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly displayName: string;
  readonly email: string | null;
}

/**
 * Stores a person who signs in or is invited, and resolves to the stored person. A person who is known by issuer
 * and subject keeps the id and gets the new name and address. `personId` is a new UUID, used for a person who
 * isn't known.
 */
export async function recordPerson(db: Kysely<PrimaryTables>, person: Person): Promise<Person> {
  const { personId, issuer, subject, displayName, email } = person;
  const stored = await db
    .insertInto('opsledger.persons')
    .values({ person_id: personId, issuer, subject, display_name: displayName, email })
    .onConflict((conflict) =>
      conflict.columns(['issuer', 'subject']).doUpdateSet({ display_name: displayName, email }),
    )
    .returning('person_id')
    .executeTakeFirstOrThrow();
  return { ...person, personId: stored.person_id };
}

/** Stores a person under the given id. A person who is known by it gets this issuer, subject and name. */
export async function recordPersonWithId(db: Kysely<PrimaryTables>, person: Person): Promise<void> {
  const { personId, issuer, subject, displayName, email } = person;
  const given = { issuer, subject, display_name: displayName, email };
  await db
    .insertInto('opsledger.persons')
    .values({ person_id: personId, ...given })
    .onConflict((conflict) => conflict.column('person_id').doUpdateSet(given))
    .execute();
}

/**
 * Stores a person who has just signed in, and resolves to their id. A person who is known by issuer and subject
 * keeps the id, and also the name when the provider sends none. `personId` is a new UUID, used for a person who
 * isn't known.
 */
export async function recordSignedInPerson(
  db: Kysely<PrimaryTables>,
  person: Omit<Person, 'displayName'> & {
    readonly displayName: string | null;
    /** Id of the account in Entra, or null. */
    readonly objectId: string | null;
  },
): Promise<string> {
  const { personId, issuer, subject, displayName, email, objectId } = person;
  const stored = await db
    .insertInto('opsledger.persons')
    .values({
      person_id: personId,
      issuer,
      subject,
      email,
      display_name: displayName ?? subject,
      object_id: objectId,
    })
    .onConflict((conflict) =>
      conflict.columns(['issuer', 'subject']).doUpdateSet({
        email,
        object_id: objectId,
        ...(displayName === null ? {} : { display_name: displayName }),
      }),
    )
    .returning('person_id')
    .executeTakeFirstOrThrow();
  return stored.person_id;
}

/**
 * Stores a person who is invited, and resolves to their id. A person who is already known isn't changed, because
 * an invitation to one tenant must not rename them in others.
 */
export async function recordInvitedPerson(
  db: Kysely<PrimaryTables>,
  person: Omit<Person, 'email'>,
): Promise<string> {
  const { personId, issuer, subject, displayName } = person;
  const inserted = await db
    .insertInto('opsledger.persons')
    .values({ person_id: personId, issuer, subject, display_name: displayName, email: null })
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
    .returning('person_id')
    .executeTakeFirst();
  if (inserted) return inserted.person_id;
  const known = await db
    .selectFrom('opsledger.persons')
    .select('person_id')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirstOrThrow();
  return known.person_id;
}

/** The person with this id, or undefined. */
export async function findPerson(db: Kysely<PrimaryTables>, personId: string): Promise<Person | undefined> {
  const row = await db
    .selectFrom('opsledger.persons')
    .selectAll()
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** The person of an issuer's subject, or undefined. */
export async function findPersonBySubject(
  db: Kysely<PrimaryTables>,
  issuer: string,
  subject: string,
): Promise<Person | undefined> {
  const row = await db
    .selectFrom('opsledger.persons')
    .selectAll()
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** The persons of an issuer with these accounts in Entra, by the id of the account. */
export async function findPersonsByObject(
  db: Kysely<PrimaryTables>,
  issuer: string,
  objectIds: readonly string[],
): Promise<ReadonlyMap<string, Pick<Person, 'personId' | 'displayName'>>> {
  const rows = await db
    .selectFrom('opsledger.persons')
    .select(['object_id', 'person_id', 'display_name'])
    .where('issuer', '=', issuer)
    .where(sql<boolean>`object_id = any(${objectIds}::uuid[])`)
    .execute();
  return new Map(
    rows.map((row) => [String(row.object_id), { personId: row.person_id, displayName: row.display_name }]),
  );
}

/**
 * Forgets a person: removes name, address, subject and sessions. The history keeps the id, which no longer leads to a
 * person.
 */
export async function forgetPerson(db: Kysely<PrimaryTables>, personId: string): Promise<void> {
  await db.deleteFrom('opsledger.persons').where('person_id', '=', personId).execute();
}

function fromRow(row: {
  person_id: string;
  issuer: string;
  subject: string;
  display_name: string;
  email: string | null;
}): Person {
  return {
    personId: row.person_id,
    issuer: row.issuer,
    subject: row.subject,
    displayName: row.display_name,
    email: row.email,
  };
}
