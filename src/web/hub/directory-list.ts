import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import type { DirectoryKind } from '../../entities/directory/directory.js';
import { LIMITS } from '../limits.js';
import { containing } from './containing.js';
import type { HubRead } from './hub-read.js';
import { pageWithNext } from './keyset.js';

export type DirectorySectionRow = Selectable<HubTables['directory_sections']>;

/** How many objects of each kind the tenant's cache holds, and since when. */
export async function listSections(db: HubRead): Promise<readonly DirectorySectionRow[]> {
  return db.selectFrom('directory_sections').selectAll().execute();
}

/** When the tenant's lists of names were last read, milliseconds since 1970; null for one that never was. */
export interface CacheAge {
  readonly groups: number | null;
  readonly filters: number | null;
  /** When the names on a page were kept, if a list was read again since; null when they are as old as the cache. */
  readonly namesOf: number | null;
}

/** The age of the cache, which every page with names from it shows. `takenAt`: when the names were kept. */
export async function cacheAgeOf(db: HubRead, takenAt: number | null = null): Promise<CacheAge> {
  const sections = await listSections(db);
  const readAt = (wanted: DirectoryKind) => sections.find(({ kind }) => kind === wanted)?.read_at ?? null;
  const [groups, filters] = [readAt('group'), readAt('assignment_filter')];
  const isOlder = takenAt !== null && takenAt < Math.max(groups ?? 0, filters ?? 0);
  return { groups, filters, namesOf: isOlder ? takenAt : null };
}

export interface DirectoryRequest {
  readonly kind: DirectoryKind;
  /** Part of a name or the beginning of an id; empty for all. */
  readonly search: string;
  /** The place of the last row of the page before: its name in lower case and its id. */
  readonly after: { readonly name: string; readonly id: string } | undefined;
}

/** One page of the objects of a kind, by name. */
export async function listDirectory(db: HubRead, { kind, search, after }: DirectoryRequest) {
  const wanted = search.toLowerCase();
  let query = db
    .selectFrom('directory_objects')
    .selectAll()
    .where('kind', '=', kind)
    .orderBy('sort_name')
    .orderBy('object_key')
    .limit(LIMITS.directoryPerPage + 1);
  if (wanted !== '')
    query = query.where((where) =>
      where.or([where('sort_name', 'like', containing(wanted)), where('object_key', '=', wanted)]),
    );
  if (after)
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('sort_name', 'object_key'), '>', tuple(after.name, after.id)),
    );
  return pageWithNext(await query.execute(), LIMITS.directoryPerPage, (last) => last);
}
