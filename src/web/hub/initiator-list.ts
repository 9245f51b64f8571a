import { sql } from 'kysely';
import { PREPARED } from '../../db/prepared-statements.js';
import type { HubRead } from './hub-read.js';

/** How many initiators are offered; those with the most runs come first. */
const OFFERED_MAX = 200;

/** Somebody or something that started runs of a tenant. */
export interface RunInitiator {
  readonly kind: 'member' | 'schedule' | 'api';
  readonly id: string;
  readonly name: string;
  readonly runs: number;
}

/**
 * Who started the tenant's runs, and the members who may start some, by name. `namesOf` returns the names of persons.
 * Forgotten persons are left out.
 */
export async function listRunInitiators(
  db: HubRead,
  namesOf: (personIds: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<readonly RunInitiator[]> {
  const started = db
    .selectFrom('run_initiators')
    .select(['initiator_kind as kind', 'initiator_id as id', 'name', 'runs'])
    .orderBy('runs', 'desc')
    .limit(OFFERED_MAX)
    .modifyEnd(PREPARED);
  const idleMembers = db
    .selectFrom('members')
    .select('person_id')
    .where('person_id', 'not in', (query) =>
      query
        .selectFrom('run_initiators')
        .select(sql<string>`initiator_id::uuid`.as('id'))
        .where('initiator_kind', '=', 'member'),
    )
    .limit(OFFERED_MAX)
    .modifyEnd(PREPARED);
  const [rows, idle] = await Promise.all([started.execute(), idleMembers.execute()]);
  const all = [
    ...rows,
    ...idle.map(({ person_id: id }) => ({ kind: 'member' as const, id, name: null, runs: 0 })),
  ];
  const names = await namesOf(all.filter(({ kind }) => kind === 'member').map(({ id }) => id));
  return all
    .flatMap((row) => {
      const name = row.kind === 'member' ? names.get(row.id) : (row.name ?? row.id);
      return name === undefined ? [] : [{ ...row, name }];
    })
    .sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** Words that stand for a kind of initiators or, with `me`, for the reader. */
export const INITIATOR_WORDS: Readonly<Record<string, string>> = {
  me: 'me',
  schedule: 'any schedule',
  api: 'any API client',
};

/**
 * The ids of the initiators with this name, or else of those whose names contain it. Undefined when there is none.
 */
export function initiatorsNamed(
  initiators: readonly RunInitiator[],
  typed: string,
): readonly string[] | undefined {
  const text = typed.toLocaleLowerCase('en');
  if (Object.hasOwn(INITIATOR_WORDS, text)) return [text];
  const byId = initiators.find(({ id }) => id === typed);
  if (byId) return [byId.id];
  const idsWhere = (matches: (name: string) => boolean) =>
    initiators.filter(({ name }) => matches(name.toLocaleLowerCase('en'))).map(({ id }) => id);
  const same = idsWhere((name) => name === text);
  const found = same.length > 0 ? same : idsWhere((name) => name.includes(text));
  return found.length === 0 ? undefined : [...new Set(found)];
}
