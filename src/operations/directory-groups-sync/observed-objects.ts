import { type DirectoryRow, type DirectoryRows, directoryObject } from '../../directory/directory-object.js';
import {
  type DirectoryKind,
  DirectoryObjectsObserved,
  NAME_LENGTH_MAX,
  OBSERVED_MAX,
  type ObservedObject,
} from '../../entities/directory/directory.js';
import { canonicalJson } from '../../ledger/canonical-json.js';
import { type DraftOf, isEvent, type RecordedEvent } from '../../ledger/event-registry.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import type { ArtifactAccess } from '../../snapshots/artifact-access.js';
import { directoryNameHashOf } from '../../snapshots/policy-hashes.js';

const TYPE_LENGTH_MAX = 60;

type Observation = DraftOf<typeof DirectoryObjectsObserved>;

/**
 * The events that describe the changes from the rows before to the rows after, in the order of the ids. `again` are
 * ids that are described in any case, because an unfinished synchronization may have described them differently.
 */
export async function observations(
  artifacts: Pick<ArtifactAccess, 'digest'>,
  tenantId: string,
  change: {
    readonly kind: DirectoryKind;
    readonly before: DirectoryRows;
    readonly after: DirectoryRows;
    readonly again: ReadonlySet<string>;
  },
): Promise<readonly Observation[]> {
  const { kind, before, after, again } = change;
  const present: ObservedObject[] = [];
  for (const [key, row] of [...after].sort(([one], [other]) => (one < other ? -1 : 1)))
    if (again.has(key) || !looksTheSame(kind, before.get(key), row))
      present.push(await observed(artifacts, tenantId, kind, row));
  const gone = new Set([...before.keys(), ...again].filter((key) => !after.has(key)));
  const removed = [...gone].sort();
  const events: Observation[] = [];
  for (let from = 0; from < Math.max(present.length, removed.length); from += OBSERVED_MAX)
    events.push({
      type: 'DirectoryObjectsObserved',
      data: {
        kind,
        present: present.slice(from, from + OBSERVED_MAX),
        removed: removed.slice(from, from + OBSERVED_MAX),
      },
    });
  return events;
}

/** The ids of the objects of a kind in these events. */
export function idsObserved(kind: DirectoryKind, events: readonly RecordedEvent[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const event of events) {
    if (!isEvent(event, DirectoryObjectsObserved) || event.data.kind !== kind) continue;
    for (const { id } of event.data.present) ids.add(id.toLowerCase());
    for (const id of event.data.removed) ids.add(id.toLowerCase());
  }
  return ids;
}

async function observed(
  artifacts: Pick<ArtifactAccess, 'digest'>,
  tenantId: string,
  kind: DirectoryKind,
  row: DirectoryRow,
): Promise<ObservedObject> {
  const { id, name, type, dynamic, onPremises } = directoryObject(kind, row);
  return {
    id,
    name: name === null ? null : bounded(sanitizeText(name), NAME_LENGTH_MAX),
    nameHash: name === null ? null : await directoryNameHashOf(artifacts, tenantId, name),
    type: type === null ? null : bounded(type, TYPE_LENGTH_MAX),
    dynamic,
    onPremises,
  };
}

function looksTheSame(kind: DirectoryKind, before: DirectoryRow | undefined, after: DirectoryRow): boolean {
  if (before === undefined) return false;
  const shown = (row: DirectoryRow) => {
    const { id, name, type, dynamic, onPremises } = directoryObject(kind, row);
    return canonicalJson({ id, name, type, dynamic, onPremises });
  };
  return shown(before) === shown(after);
}
