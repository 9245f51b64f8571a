import { z } from 'zod';
import type { DirectoryKind, DirectorySections } from '../../entities/directory/directory.js';
import { count } from '../../wording/number-words.js';
import { defineOperation } from '../define.js';
import { NOT_CONNECTED } from '../plan.js';
import { schedulable } from '../schedulable.js';
import { cacheBefore, keepDirectory, type SectionRead } from './keep-directory.js';
import { syncGroups } from './sync-groups.js';
import { LISTINGS, syncListing } from './sync-listing.js';
import { GROUPS_PERMISSION, type Sync, vocabulary } from './sync-run.js';

export const directoryGroupsSync = defineOperation({
  type: 'directory_groups.sync',
  label: 'Group synchronization',
  description: 'Reads the tenant’s groups, assignment filters and scope tags into its cache.',
  itemisedBy: 'group page',
  input: z.strictObject({}),
  withoutInput: 'all groups, assignment filters and scope tags',
  scope: z.strictObject({}),
  context: z.strictObject({}),
  permissions: [GROUPS_PERMISSION, ...new Set(Object.values(LISTINGS).map(({ permission }) => permission))],
  schedulable: schedulable({
    given: z.strictObject({}),
    fields: [],
    inWords: () => 'groups, filters and scope tags',
    inputOf: () => ({}),
  }),
  ...vocabulary,
  async plan(_input, { connected }) {
    if (!connected) return NOT_CONNECTED;
    return {
      plan: {
        scope: {},
        context: {},
        title: 'Groups, filters and scope tags',
        total: null,
        related: [],
      },
    };
  },
  async handle(run, _context, services) {
    const { tenantId } = run;
    const { connection, graph } = await services.connection({ tenantId, run, proposed: null });
    const before = await cacheBefore(services, tenantId);
    const source = connection.signIn?.directoryId ?? connection.baseUrl;
    const sync: Sync = { run, services, graph, before, source };
    const read: Partial<Record<DirectoryKind, SectionRead>> = {};
    const groups = await syncGroups(sync);
    if (groups) read.group = groups;
    for (const kind of ['assignment_filter', 'scope_tag'] as const) {
      const listing = await syncListing(sync, kind);
      if (listing) read[kind] = listing;
    }
    await run.flush();
    await run.setTotal(run.recorded.size);
    const sections =
      Object.keys(read).length === 0 ? before.sections : await keepDirectory(services, run, before, read);
    return {
      summary: summaryOf(sections, read),
      related: [{ relation: 'produced', kind: 'directory', id: tenantId, label: 'Groups' }],
    };
  },
});

const NOUNS: Readonly<Record<DirectoryKind, readonly [string, string]>> = {
  group: ['group', 'groups'],
  assignment_filter: ['filter', 'filters'],
  scope_tag: ['scope tag', 'scope tags'],
};

function summaryOf(
  sections: DirectorySections,
  read: Partial<Readonly<Record<DirectoryKind, SectionRead>>>,
): string {
  const kinds = Object.keys(NOUNS) as DirectoryKind[];
  const kept = kinds.filter((kind) => read[kind]);
  const words = kept.map((kind) => count(sections[kind]?.objects ?? 0, ...NOUNS[kind]));
  const unread = kinds.filter((kind) => !read[kind]).map((kind) => NOUNS[kind][1]);
  if (unread.length > 0) words.push(`not readable: ${unread.join(', ')}`);
  const isUnchanged = unread.length === 0 && kept.every((kind) => read[kind]?.rows === null);
  return `${words.join(', ')}${isUnchanged ? ', nothing changed' : ''}`;
}
