import { addEntry, type DirectoryChanges } from '../../directory/directory-changes.js';
import { SELECTED_FIELDS } from '../../directory/directory-object.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { GraphError, isResyncRequired } from '../../graph/client/graph-error.js';
import type { GraphPage } from '../../graph/client/pages.js';
import type { ArtifactAccess } from '../../snapshots/artifact-access.js';
import { count } from '../../wording/number-words.js';
import { eachWithinBudget } from '../handling/each-within-budget.js';
import { graphCallOf } from '../handling/graph-call-of.js';
import { succeeded } from '../handling/item-outcomes.js';
import { type EarlierPages, earlierPages, type KeptPage, keepPage } from './group-pages.js';
import type { SyncRun } from './sync-run.js';

/** Most groups that the cache holds. */
const GROUPS_MAX = 100_000;
/** Most pages of one reading; a reading of changes that never ends is given up after so many. */
const PAGES_MAX = 5_000;
/** Most readings in one run: one of changes, and complete readings after Graph lost the state. */
const ROUNDS_MAX = 3;

export const GROUP_ITEMS = 'groups/';
const WHOLE_PATH = `groups/delta?$select=${SELECTED_FIELDS.group.join(',')}`;

/** What a run read about groups. */
export interface GroupsRead {
  /** Whether these are all groups, and not only changes. */
  readonly whole: boolean;
  readonly changes: DirectoryChanges;
  /** The link for reading later changes; null when Graph gave none. */
  readonly deltaLink: string | null;
  readonly pages: number;
}

interface Reading {
  readonly run: SyncRun;
  readonly graph: GraphReader;
  readonly artifacts: ArtifactAccess;
  /** As `Sync.source`. */
  readonly source: string;
}

/**
 * Reads the groups by delta: the changes since a link, or all groups. It continues after the pages that earlier
 * attempts of the run have read. When Graph no longer has the state of the link, all groups are read. Errors:
 * GraphError, ItemBudgetSpent and RunFailure, which leave the cache as it was; those of the run.
 */
export async function readGroups(reading: Reading, link: string | null): Promise<GroupsRead> {
  const { run, artifacts, source } = reading;
  return readRounds(reading, roundAfter(await earlierPages(run, artifacts, source), link));
}

/** Reads all groups after a reading of changes that couldn't be used. Errors: as `readGroups`. */
export async function readAllGroups(reading: Reading): Promise<GroupsRead> {
  const { run, artifacts, source } = reading;
  await run.flush();
  const earlier = await earlierPages(run, artifacts, source);
  return readRounds(reading, wholeRound((earlier?.round ?? 0) + 1));
}

async function readRounds(reading: Reading, first: Round): Promise<GroupsRead> {
  let round = first;
  for (;;) {
    try {
      return await readRound(reading, round);
    } catch (error) {
      if (!(error instanceof GraphError) || !isResyncRequired(error) || round.round >= ROUNDS_MAX)
        throw error;
      await reading.run.note(
        'Graph no longer has the state of the last synchronization, so that all groups are read.',
      );
      round = wholeRound(round.round + 1);
    }
  }
}

interface Round extends EarlierPages {
  /** The path or link that the reading begins with. */
  readonly from: string;
}

const wholeRound = (round: number): Round => ({ round, whole: true, pages: [], from: WHOLE_PATH });

function roundAfter(earlier: EarlierPages | undefined, link: string | null): Round {
  if (!earlier) return { round: 1, whole: link === null, pages: [], from: link ?? WHOLE_PATH };
  const from = earlier.whole ? WHOLE_PATH : (link ?? WHOLE_PATH);
  // A reading whose pages are gone begins again under another number, because its items are recorded.
  const round = earlier.pages.length > 0 ? earlier.round : earlier.round + 1;
  return { ...earlier, round, whole: earlier.whole || link === null, from };
}

async function readRound(reading: Reading, round: Round): Promise<GroupsRead> {
  const { run, graph } = reading;
  const changes: DirectoryChanges = new Map();
  let last: KeptPage | undefined;
  let pages = 0;
  const take = (page: KeptPage): void => {
    for (const entry of page.rows)
      if (!addEntry(changes, 'group', entry))
        throw new GraphError({ problem: 'no_usable_id', method: 'GET', path: 'groups/delta' });
    if (changes.size > GROUPS_MAX)
      throw run.failure(
        'directory_too_large',
        `Graph answered more than ${count(GROUPS_MAX, 'group', 'groups')}.`,
      );
    pages += 1;
    last = page;
  };
  for (const page of round.pages) take(page);
  if (last && last.nextLink === null) return ended(round, changes, last, pages);
  const open = (signal: AbortSignal): AsyncIterable<GraphPage> =>
    graph.pages(last?.nextLink ?? round.from, graphCallOf(run, signal));
  for await (const { rows, nextLink, deltaLink } of eachWithinBudget(run, open)) {
    if (pages >= PAGES_MAX)
      throw run.failure(
        'changes_without_end',
        `Graph answered more than ${count(PAGES_MAX, 'page', 'pages')} without coming to an end.`,
      );
    const page: KeptPage = { rows, nextLink, deltaLink };
    take(page);
    await recordPage(reading, round, pages, page);
  }
  return ended(round, changes, last, pages);
}

const ended = (
  { whole }: Round,
  changes: DirectoryChanges,
  last: KeptPage | undefined,
  pages: number,
): GroupsRead => ({ whole, changes, deltaLink: last?.deltaLink ?? null, pages });

async function recordPage(
  { run, artifacts, source }: Reading,
  { round, whole }: Round,
  page: number,
  content: KeptPage,
): Promise<void> {
  const entries = count(content.rows.length, 'group', 'groups');
  const outcome = succeeded({
    itemId: `${GROUP_ITEMS}${round}/${page}`,
    label: `${whole ? 'All groups' : 'Changed groups'}, page ${page}: ${entries}`,
    subject: null,
  });
  await run.record(outcome, {
    type: 'GroupPageRead',
    data: { round, page, whole, source, content: await keepPage(artifacts, run.tenantId, content) },
  });
}
