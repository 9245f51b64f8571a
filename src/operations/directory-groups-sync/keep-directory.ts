import type { DirectoryRows } from '../../directory/directory-object.js';
import { DirectoryContentGoneError, keepRows, partAddresses, readRows } from '../../directory/kept-rows.js';
import { lastSynced, NO_SECTIONS } from '../../directory/read-directory.js';
import {
  DIRECTORY_KINDS,
  type DirectoryKind,
  type DirectorySection,
  type DirectorySections,
  directoryEntity,
} from '../../entities/directory/directory.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import type { ArtifactAccess } from '../../snapshots/artifact-access.js';
import { produceAtEnd } from '../handling/produce-at-end.js';
import { idsObserved, observations } from './observed-objects.js';
import type { SyncRun } from './sync-run.js';

/** The cache as a synchronization finds it. */
export interface CacheBefore {
  readonly sections: DirectorySections;
  /** By kind: ids that the events of an unfinished synchronization name. */
  readonly observedIds: Readonly<Record<DirectoryKind, ReadonlySet<string>>>;
}

/** What a synchronization read of one kind. */
export interface SectionRead {
  /** The rows, or null when nothing has changed since the last synchronization and that one was finished. */
  readonly rows: { readonly before: DirectoryRows; readonly after: DirectoryRows } | null;
  readonly readAt: string;
  readonly source: string;
  readonly link: DirectorySection['link'];
}

interface Services {
  readonly ledger: LedgerReader;
  readonly artifacts: ArtifactAccess;
}

/** The tenant's cache before a synchronization. Errors: those of the ledger's reads and the artifact store. */
export async function cacheBefore({ ledger }: Services, tenantId: string): Promise<CacheBefore> {
  const { synced, unfinished } = await lastSynced(ledger, tenantId);
  const observedIds = Object.fromEntries(
    DIRECTORY_KINDS.map((kind) => [kind, idsObserved(kind, unfinished)]),
  ) as CacheBefore['observedIds'];
  return { sections: synced?.data.sections ?? NO_SECTIONS, observedIds };
}

/**
 * The cached rows of a kind; none when it was never read. Undefined when the content is gone. Errors: those of the
 * artifact store.
 */
export async function rowsBefore(
  { artifacts }: Services,
  tenantId: string,
  section: DirectorySection | null,
): Promise<DirectoryRows | undefined> {
  if (!section) return new Map();
  try {
    return await readRows(artifacts, tenantId, section);
  } catch (error) {
    if (error instanceof DirectoryContentGoneError) return undefined;
    throw error;
  }
}

/** Every id of a kind that the events of any synchronization name, for when the cached rows are gone. */
export async function everObservedIds(
  { ledger }: Services,
  tenantId: string,
  kind: DirectoryKind,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const event of ledger.read(directoryEntity.stream(tenantId)))
    for (const id of idsObserved(kind, [event])) ids.add(id);
  return ids;
}

/**
 * Replaces the cache: stores the rows, appends what has changed, and then the one event by which handlers find the new
 * cache. Until then they find the one before, also after a crash in between. Kinds that were not read stay as they are.
 * Errors: those of the run, the ledger's reads and the artifact store.
 */
export async function keepDirectory(
  services: Services,
  run: SyncRun,
  before: CacheBefore,
  read: Partial<Readonly<Record<DirectoryKind, SectionRead>>>,
): Promise<DirectorySections> {
  const { ledger, artifacts } = services;
  const stream = directoryEntity.stream(run.tenantId);
  const sections = { ...withoutNewParts(before.sections) };
  for (const kind of DIRECTORY_KINDS) {
    const section = read[kind];
    if (!section) continue;
    sections[kind] = await keepSection(services, run, before.sections[kind], section);
    if (section.rows === null) continue;
    const change = { kind, ...section.rows, again: before.observedIds[kind] };
    for (const draft of await observations(artifacts, run.tenantId, change))
      await produceAtEnd(run, ledger, stream, draft);
  }
  await produceAtEnd(run, ledger, stream, { type: 'DirectorySynced', data: { sections } });
  return sections;
}

async function keepSection(
  { artifacts }: Services,
  run: SyncRun,
  before: DirectorySection | null,
  { rows, readAt, source, link }: SectionRead,
): Promise<DirectorySection> {
  const read = { readAt, runId: run.runId, source, link };
  if (rows === null && before) return { ...before, ...read, newParts: [] };
  const after = rows?.after ?? new Map();
  const { index, parts } = await keepRows(artifacts, run.tenantId, after);
  const known = new Set(before?.index === index ? parts : await partsBefore(artifacts, run.tenantId, before));
  return { index, newParts: parts.filter((part) => !known.has(part)), objects: after.size, ...read };
}

async function partsBefore(
  artifacts: ArtifactAccess,
  tenantId: string,
  before: DirectorySection | null,
): Promise<readonly string[]> {
  if (!before) return [];
  try {
    return await partAddresses(artifacts, tenantId, before);
  } catch (error) {
    if (error instanceof DirectoryContentGoneError) return [];
    throw error;
  }
}

/** An event names only the parts that are new in it. */
function withoutNewParts(sections: DirectorySections): DirectorySections {
  const without = (section: DirectorySection | null) => section && { ...section, newParts: [] };
  return {
    group: without(sections.group),
    assignment_filter: without(sections.assignment_filter),
    scope_tag: without(sections.scope_tag),
  };
}
