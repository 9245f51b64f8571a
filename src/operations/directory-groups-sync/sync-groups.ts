import { readContent } from '../../snapshots/artifact-access.js';
import { everObservedIds, rowsBefore, type SectionRead } from './keep-directory.js';
import { namedRows } from './name-groups.js';
import { GROUP_ITEMS, type GroupsRead, readAllGroups, readGroups } from './read-groups.js';
import { GROUPS_PERMISSION, type Sync } from './sync-run.js';
import { isUnread, unreadItem } from './unread-item.js';

/** Graph gives up a delta link after seven days; one that led to no change is kept for this long. */
const LINK_KEPT_MS = 24 * 3_600_000;

/**
 * Reads the groups; undefined when they could not be read, which is recorded as a failed item. Errors: GraphError
 * that every further call would cause as well; those of the run, the ledger and the artifact store.
 */
export async function syncGroups(sync: Sync): Promise<SectionRead | undefined> {
  const { run, services, before, source } = sync;
  const isFailed = [...run.recorded.values()].some(
    ({ itemId, outcome }) => itemId.startsWith(GROUP_ITEMS) && outcome === 'failed',
  );
  if (isFailed) return undefined;
  const readAtMs = services.clock.now();
  try {
    const read = await readGroups(reading(sync), await lastLink(sync));
    const isUnchanged = !read.whole && read.changes.size === 0 && before.observedIds.group.size === 0;
    return {
      rows: isUnchanged ? null : await rowsOf(sync, read),
      readAt: new Date(readAtMs).toISOString(),
      source,
      link: await linkAfter(sync, read, readAtMs),
    };
  } catch (error) {
    if (!isUnread(run, error)) throw error;
    await run.record(
      unreadItem({ itemId: `${GROUP_ITEMS}failed`, label: 'Groups' }, error, GROUPS_PERMISSION),
    );
    return undefined;
  }
}

const reading = ({ run, graph, source, services: { artifacts } }: Sync) => ({
  run,
  graph,
  artifacts,
  source,
});

/** The link for reading what has changed; null where all must be read. */
async function lastLink({ run, services, before, source }: Sync): Promise<string | null> {
  const section = before.sections.group;
  if (!section?.link || section.source !== source) return null;
  const content = await readContent(services.artifacts, run.tenantId, section.link.artifact);
  return 'bytes' in content ? Buffer.from(content.bytes).toString('utf8') : null;
}

async function rowsOf(sync: Sync, first: GroupsRead): Promise<NonNullable<SectionRead['rows']>> {
  const { run, services, before, source } = sync;
  const section = before.sections.group;
  const known = await rowsBefore(services, run.tenantId, section);
  if (known) {
    const base = section?.source === source ? known : new Map();
    return { before: known, after: await named(sync, base, first) };
  }
  await run.note('The stored groups are gone, so that all groups are read.');
  const observedIds = await everObservedIds(services, run.tenantId, 'group');
  const whole = first.whole ? first : await readAllGroups(reading(sync));
  const gone = new Map([...observedIds].map((key) => [key, {}]));
  return { before: gone, after: await named(sync, new Map(), whole) };
}

const named = (
  { run, graph }: Sync,
  base: NonNullable<SectionRead['rows']>['before'],
  { changes, whole }: GroupsRead,
) => run.withinItemBudget((signal) => namedRows(graph, { signal }, { before: base, changes, whole }));

/** A link that led to no change also leads to the next changes, so it need not be stored again each time. */
async function linkAfter(
  { run, services, before }: Sync,
  { deltaLink, whole, changes }: GroupsRead,
  nowMs: number,
): Promise<SectionRead['link']> {
  const last = before.sections.group?.link ?? null;
  if (!whole && changes.size === 0 && last && nowMs - Date.parse(last.issuedAt) < LINK_KEPT_MS) return last;
  if (deltaLink === null) return null;
  const artifact = await services.artifacts.put(run.tenantId, Buffer.from(deltaLink));
  return { artifact, issuedAt: new Date(nowMs).toISOString() };
}
