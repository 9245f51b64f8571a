import {
  type DirectoryKind,
  type DirectorySections,
  DirectorySynced,
  directoryEntity,
} from '../entities/directory/directory.js';
import { isEvent, type RecordedEvent } from '../ledger/event-registry.js';
import type { LedgerReader } from '../ledger/ledger.js';
import { type DirectoryNames, NO_NAMES } from '../policies/directory-names.js';
import type { ArtifactAccess } from '../snapshots/artifact-access.js';
import { type DirectoryObject, directoryKey, directoryObject } from './directory-object.js';
import { readRows, readRowsOf } from './kept-rows.js';

/** Where the cache of a tenant's directory is read from. */
export interface DirectoryReading {
  readonly ledger: LedgerReader;
  readonly artifacts: Pick<ArtifactAccess, 'get'>;
}

/** The cache of a tenant that was never synchronized. */
export const NO_SECTIONS: DirectorySections = Object.freeze({
  group: null,
  assignment_filter: null,
  scope_tag: null,
});

/** The cached groups, filters and scope tags of a tenant at one time, with their exact names. */
export interface CachedDirectory {
  /** The content of the cache with its age; null for a kind that was never read. */
  readonly sections: DirectorySections;
  /** Everything of a kind. Errors: DirectoryContentGoneError; those of the artifact store. */
  all(kind: DirectoryKind): Promise<readonly DirectoryObject[]>;
  /** The things with these ids, by `directoryKey`. Errors: as `all`. */
  find(kind: DirectoryKind, ids: readonly string[]): Promise<ReadonlyMap<string, DirectoryObject>>;
}

/**
 * The tenant's cache, from its log and artifacts; empty before the first synchronization. A later replacement of the
 * cache doesn't change it. Errors: those of the ledger's reads.
 */
export async function readDirectory(
  { ledger, artifacts }: DirectoryReading,
  tenantId: string,
): Promise<CachedDirectory> {
  const { sections } = (await lastSynced(ledger, tenantId)).synced?.data ?? { sections: NO_SECTIONS };
  return {
    sections,
    async all(kind) {
      const section = sections[kind];
      if (!section) return [];
      const rows = await readRows(artifacts, tenantId, section);
      return [...rows.values()].map((row) => directoryObject(kind, row));
    },
    async find(kind, ids) {
      const section = sections[kind];
      if (!section || ids.length === 0) return new Map();
      const rows = await readRowsOf(artifacts, tenantId, section, ids);
      return new Map([...rows].map(([key, row]) => [key, directoryObject(kind, row)]));
    },
  };
}

/** The last `DirectorySynced` of a tenant, and the events after it, which a synchronization left behind unfinished. */
export async function lastSynced(ledger: LedgerReader, tenantId: string) {
  const unfinished: RecordedEvent[] = [];
  for await (const event of ledger.read(directoryEntity.stream(tenantId), { direction: 'backwards' })) {
    if (isEvent(event, DirectorySynced)) return { synced: event, unfinished };
    unfinished.push(event);
  }
  return { synced: undefined, unfinished };
}

/** Exact names of these groups and filters for comparing and showing. Errors: those of `readDirectory` and `find`. */
export async function readDirectoryNames(
  directory: CachedDirectory,
  ids: { readonly groups: readonly string[]; readonly filters: readonly string[] },
): Promise<DirectoryNames> {
  if (ids.groups.length === 0 && ids.filters.length === 0) return NO_NAMES;
  const [groups, filters] = await Promise.all([
    directory.find('group', ids.groups),
    directory.find('assignment_filter', ids.filters),
  ]);
  return {
    group: (id) => groups.get(directoryKey(id))?.name ?? undefined,
    filter: (id) => filters.get(directoryKey(id))?.name ?? undefined,
  };
}
