import { addEntry, type DirectoryChanges, rowsAfter } from '../../directory/directory-changes.js';
import type { DirectoryRows } from '../../directory/directory-object.js';
import type { DirectoryKind } from '../../entities/directory/directory.js';
import { GraphError } from '../../graph/client/graph-error.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import type { ReadPermission } from '../../policies/catalogue/policy-type.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { eachWithinBudget } from '../handling/each-within-budget.js';
import { succeeded } from '../handling/item-outcomes.js';
import { everObservedIds, rowsBefore, type SectionRead } from './keep-directory.js';
import type { Sync } from './sync-run.js';
import { isUnread, unreadItem } from './unread-item.js';

type ListingKind = Exclude<DirectoryKind, 'group'>;

/** Most filters or scope tags that the cache holds; Intune allows a few hundred. */
const LISTED_MAX = 10_000;

export const LISTINGS: Readonly<
  Record<ListingKind, { readonly label: string; readonly permission: ReadPermission }>
> = Object.freeze({
  assignment_filter: { label: 'Assignment filters', permission: 'DeviceManagementConfiguration.Read.All' },
  scope_tag: { label: 'Scope tags', permission: 'DeviceManagementRBAC.Read.All' },
});

/**
 * Reads all assignment filters or scope tags; undefined when they could not be read, which is recorded as a failed
 * item. Errors: as `syncGroups`.
 */
export async function syncListing(sync: Sync, kind: ListingKind): Promise<SectionRead | undefined> {
  const { run, services, before, source } = sync;
  const { label, permission } = LISTINGS[kind];
  if (run.recorded.get(kind)?.outcome === 'failed') return undefined;
  const readAt = new Date(services.clock.now()).toISOString();
  try {
    const after = await listed(sync, kind);
    await run.record(succeeded({ itemId: kind, label, subject: null }));
    const known = await rowsBefore(services, run.tenantId, before.sections[kind]);
    const isUnchanged =
      known && before.sections[kind] && equal(known, after) && before.observedIds[kind].size === 0;
    const observed =
      known ?? new Map([...(await everObservedIds(services, run.tenantId, kind))].map((key) => [key, {}]));
    return { rows: isUnchanged ? null : { before: observed, after }, readAt, source, link: null };
  } catch (error) {
    if (!isUnread(run, error)) throw error;
    await run.record(unreadItem({ itemId: kind, label }, error, permission));
    return undefined;
  }
}

async function listed({ run, graph }: Sync, kind: ListingKind): Promise<DirectoryRows> {
  const path = REFERENCE_SOURCES[kind].path ?? '';
  const entries: DirectoryChanges = new Map();
  for await (const page of eachWithinBudget(run, (signal) => graph.pages(path, { signal })))
    for (const row of page.rows) {
      if (!addEntry(entries, kind, row))
        throw new GraphError({ problem: 'no_usable_id', method: 'GET', path });
      if (entries.size > LISTED_MAX)
        throw run.failure('directory_too_large', `Graph answered more than ${LISTED_MAX} entries.`);
    }
  return rowsAfter(new Map(), entries, true);
}

function equal(one: DirectoryRows, other: DirectoryRows): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([key, row]) => canonicalJson(row) === canonicalJson(other.get(key) ?? null));
}
