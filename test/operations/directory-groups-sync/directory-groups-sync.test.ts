import t, { type Test } from 'tap';
import { readDirectory, readDirectoryNames } from '../../../src/directory/read-directory.js';
import { DirectoryObjectsObserved, DirectorySynced } from '../../../src/entities/directory/directory.js';
import type { GraphClient } from '../../../src/graph/client/graph-client.js';
import { newGroup } from '../../../src/graph/simulator/complete-directory.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { isEvent } from '../../../src/ledger/event-registry.js';
import { createDirectoryBed, DIRECTORY_TENANT } from '../../support/directory-bed.js';

const GUID = (index: number) => `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
const groups = (count: number) =>
  Array.from({ length: count }, (_, index) => newGroup(GUID(index), `Group ${index}`));
const FILTERS = 'deviceManagement/assignmentFilters';
const TAGS = 'deviceManagement/roleScopeTags';
const GROUPS_READ = '^groups/delta';

/** Answers with these pages of groups, the last of which has the link to later changes, and with nothing else. */
const pagesOf = (pages: readonly (readonly JsonObject[])[]): GraphClient['pages'] =>
  async function* (path) {
    if (!path.startsWith('groups') && !path.includes('/groups/')) return;
    for (const [index, rows] of pages.entries()) {
      const isLast = index === pages.length - 1;
      yield {
        rows,
        declared: null,
        nextLink: isLast ? null : `https://graph.example/beta/groups/delta?page=${index + 1}`,
        deltaLink: isLast ? 'https://graph.example/beta/groups/delta?later' : null,
      };
    }
  };

type Bed = Awaited<ReturnType<typeof createDirectoryBed>>;

const directoryOf = (bed: Bed) => readDirectory(bed, DIRECTORY_TENANT);
async function namesOf(bed: Bed) {
  const all = await (await directoryOf(bed)).all('group');
  return all.map(({ name }) => name).sort();
}
const deltaReads = (bed: Bed) => bed.requests().filter(({ path }) => path.startsWith('groups/delta')).length;

/** The names that the read model folds from the events of the directory's stream. */
async function recordedNames(bed: Bed) {
  const names = new Map<string, string | null>();
  for await (const event of bed.ledger.read(`directory-${DIRECTORY_TENANT}`)) {
    if (!isEvent(event, DirectoryObjectsObserved) || event.data.kind !== 'group') continue;
    for (const id of event.data.removed) names.delete(id.toLowerCase());
    for (const { id, name } of event.data.present) names.set(id.toLowerCase(), name);
  }
  return [...names.values()].sort();
}

t.test(
  'the first read takes all, with filters and tags; a second without changes writes one event',
  async (t) => {
    const bed = await createDirectoryBed(t, groups(300), {
      [FILTERS]: [{ id: 'f1', displayName: 'Corporate', platform: 'windows10AndLater' }],
      [TAGS]: [{ id: '0', displayName: 'Default', isBuiltIn: true }],
    });
    const first = await bed.sync();
    t.match(first.summary, /^300 groups, 1 filter, 1 scope tag$/);
    t.same(
      first.items.map(({ label }) => label),
      [
        'All groups, page 1: 100 groups',
        'All groups, page 2: 101 groups',
        'All groups, page 3: 101 groups',
        'All groups, page 4: 0 groups',
        'Assignment filters',
        'Scope tags',
      ],
    );
    const directory = await directoryOf(bed);
    t.equal((await directory.all('group')).length, 300);
    t.match(
      await directory.find('group', [GUID(7).toUpperCase(), GUID(999)]),
      new Map([[GUID(7), { name: 'Group 7' }]]),
    );
    t.match(await directory.all('assignment_filter'), [
      { id: 'f1', name: 'Corporate', type: 'windows10AndLater' },
    ]);
    t.match(await directory.all('scope_tag'), [{ id: '0', name: 'Default' }]);
    const names = await readDirectoryNames(directory, { groups: [GUID(3), GUID(999)], filters: ['F1'] });
    t.same(
      [names.group(GUID(3)), names.group(GUID(999)), names.filter('F1')],
      ['Group 3', undefined, 'Corporate'],
    );

    const stored = bed.artifacts.stored.size;
    const second = await bed.sync();
    t.match(second.summary, /300 groups, 1 filter, 1 scope tag, nothing changed/);
    t.same(
      second.types.filter((type) => type.startsWith('Directory')),
      ['DirectorySynced'],
    );
    t.equal(bed.artifacts.stored.size, stored + 1, 'only the page is stored');
    const { sections } = await directoryOf(bed);
    t.not(sections.group?.readAt, directory.sections.group?.readAt);
    t.same(sections.group?.newParts, []);
    t.same(sections.group?.link, directory.sections.group?.link, 'a link that led to no change is kept');
  },
);

t.test('changes: renamed, new, gone, gone and back again; only changes are recorded', async (t) => {
  const bed = await createDirectoryBed(t, groups(5));
  await bed.sync();
  const { group: before } = (await directoryOf(bed)).sections;
  const state = bed.state();
  state.put('groups', newGroup(GUID(0), 'Renamed'));
  state.put('groups', newGroup(GUID(9), 'New', { groupTypes: ['DynamicMembership'] }));
  state.remove('groups', GUID(1));
  state.remove('groups', GUID(2));
  state.put('groups', newGroup(GUID(2), 'Group 2'));
  state.put('groups', newGroup(GUID(3), 'Group 3', { description: 'Only described' }));
  const { types } = await bed.sync();
  t.same(await namesOf(bed), ['Group 2', 'Group 3', 'Group 4', 'New', 'Renamed']);
  t.same(await recordedNames(bed), await namesOf(bed));
  t.not(
    (await directoryOf(bed)).sections.group?.link?.artifact,
    before?.link?.artifact,
    'the next link is kept',
  );
  t.same(
    types.filter((type) => type.startsWith('Directory')),
    ['DirectoryObjectsObserved', 'DirectorySynced'],
  );
  let observed: unknown;
  for await (const event of bed.ledger.read(`directory-${DIRECTORY_TENANT}`))
    if (isEvent(event, DirectoryObjectsObserved)) observed = event.data;
  t.match(observed, { present: [{ id: GUID(0) }, { id: GUID(9), dynamic: true }], removed: [GUID(1)] });
  const [described] = [...(await (await directoryOf(bed)).find('group', [GUID(3)])).values()];
  t.match(described, { name: 'Group 3', description: 'Only described', type: 'security' });
});

t.test('a link that is too old leads to a complete read, which also finds what is gone', async (t) => {
  const bed = await createDirectoryBed(t, groups(3));
  await bed.sync();
  bed.state().remove('groups', GUID(1));
  await bed.clock.sleep(8 * 24 * 3_600_000);
  const { items, summary } = await bed.sync();
  t.match(items[0], { label: 'All groups, page 1: 2 groups', outcome: 'succeeded' });
  t.match(summary, /^2 groups/);
  t.same(await recordedNames(bed), ['Group 0', 'Group 2']);

  for (const [status, code] of [
    [410, 'syncStateNotFound'],
    [400, 'resyncRequired'],
  ] as const) {
    bed.simulator.failNext({ kind: 'status', status, code, path: GROUPS_READ });
    t.match((await bed.sync()).items[0], { label: 'All groups, page 1: 2 groups' });
  }
});

t.test('what can’t be read leaves the cache as it was, with its age, and the rest is read', async (t) => {
  const bed = await createDirectoryBed(t, groups(3), { [TAGS]: [{ id: '0', displayName: 'Default' }] });
  await bed.sync();
  const before = (await directoryOf(bed)).sections;
  bed.state().put('groups', newGroup(GUID(0), 'Renamed'));
  bed.state().put(TAGS, { id: '0', displayName: 'Standard' });
  bed.simulator.failNext({ kind: 'status', status: 403, path: GROUPS_READ });
  const { items, summary } = await bed.sync();
  t.match(items[0], {
    outcome: 'failed',
    reasonCode: 'graph_forbidden',
    reason: /takes the application permission GroupMember\.Read\.All/,
  });
  t.match(summary, /0 filters, 1 scope tag, not readable: groups/);
  const after = (await directoryOf(bed)).sections;
  t.equal(after.group?.readAt, before.group?.readAt);
  t.equal(after.group?.index, before.group?.index);
  t.not(after.scope_tag?.readAt, before.scope_tag?.readAt);
  t.same(await namesOf(bed), ['Group 0', 'Group 1', 'Group 2']);
  await bed.sync();
  t.same(await namesOf(bed), ['Group 1', 'Group 2', 'Renamed'], 'the change comes with the next one');
});

t.test('entries of one group may repeat, each with what changed, also after it was removed', async (t) => {
  const bed = await createDirectoryBed(t, groups(1));
  await bed.sync();
  const id = GUID(0);
  const pageOf = (...rows: JsonObject[]) => bed.sync({ pages: pagesOf([rows]) });
  await pageOf({ id, displayName: 'Renamed' }, { id: id.toUpperCase(), description: 'Described later' });
  const named = async () => [...(await (await directoryOf(bed)).find('group', [id])).values()];
  t.match(await named(), [{ name: 'Renamed', description: 'Described later' }]);
  await pageOf({ id, '@removed': { reason: 'changed' } }, { id, displayName: 'Back' });
  t.match(await named(), [{ name: 'Back' }]);
  await pageOf({ id, displayName: 'Again' }, { id, '@removed': { reason: 'deleted' } });
  t.same(await named(), []);
});

t.test(
  'a reading without end, too many groups and a group without an id leave the cache as it was',
  async (t) => {
    const bed = await createDirectoryBed(t, groups(3));
    await bed.sync();
    // An event that keeps the groups as they were names no new parts of them.
    const before = { ...(await directoryOf(bed)).sections.group, newParts: [] };
    const assertKept = async (items: Awaited<ReturnType<Bed['sync']>>['items'], reasonCode: string) => {
      t.match(
        items.find(({ itemId }) => itemId === 'groups/failed'),
        { outcome: 'failed', reasonCode },
      );
      t.same((await directoryOf(bed)).sections.group, before, reasonCode);
      t.same(await namesOf(bed), ['Group 0', 'Group 1', 'Group 2']);
    };
    bed.simulator.failNext({ kind: 'next_link', link: '{self}', path: GROUPS_READ, count: 9 });
    await assertKept((await bed.sync()).items, 'unreadable_answer');
    bed.simulator.clearFaults();

    const resync = {
      kind: 'status',
      status: 410,
      code: 'syncStateNotFound',
      path: GROUPS_READ,
      count: 9,
    } as const;
    bed.simulator.failNext(resync);
    const asked = deltaReads(bed);
    const { items } = await bed.sync();
    t.equal(items.find(({ itemId }) => itemId === 'groups/failed')?.outcome, 'failed');
    t.ok(deltaReads(bed) - asked <= 3, 'Graph is asked to begin anew a few times at most');
    t.same((await directoryOf(bed)).sections.group, before);
    bed.simulator.clearFaults();

    const endless = Array.from({ length: 5_001 }, (): JsonObject[] => []);
    await assertKept((await bed.sync({ pages: pagesOf(endless) })).items, 'changes_without_end');
    const many = Array.from({ length: 100_001 }, (_, index): JsonObject => ({ id: GUID(index + 9) }));
    await assertKept((await bed.sync({ pages: pagesOf([many]) })).items, 'directory_too_large');
    const nameless = [{ displayName: 'Without an id' }];
    await assertKept((await bed.sync({ pages: pagesOf([nameless]) })).items, 'unreadable_answer');
  },
);

t.test('names that don’t come are read one by one', async (t) => {
  const bed = await createDirectoryBed(t, groups(3));
  bed.simulator.failNext({
    kind: 'altered_entry',
    index: 0,
    path: GROUPS_READ,
    fields: { displayName: null, description: null, groupTypes: null, securityEnabled: null },
  });
  await bed.sync();
  t.same(await namesOf(bed), ['Group 0', 'Group 1', 'Group 2']);
});

t.test('another directory is read whole, and nothing of the one before stays', async (t) => {
  const bed = await createDirectoryBed(t, groups(3));
  await bed.sync();
  bed.reconnect('another');
  for (const index of [0, 1]) bed.state().remove('groups', GUID(index));
  const { items } = await bed.sync();
  t.match(items[0]?.label, /^All groups/);
  t.same(await recordedNames(bed), ['Group 2']);
});

/** Synchronizes in a process that dies when it has kept two pages. */
async function dieAfterTwoPages(t: Test, bed: Bed) {
  const { put } = bed.artifacts;
  let pages = 0;
  bed.artifacts.put = async (tenantId, body) => {
    if (Buffer.from(body).includes('nextLink') && ++pages === 3) throw new Error('the process died');
    return put(tenantId, body);
  };
  await t.rejects(bed.sync(), /the process died/);
  bed.artifacts.put = put;
}

t.test('a run that was taken over goes on from the pages that were read', async (t) => {
  const bed = await createDirectoryBed(t, groups(250));
  await dieAfterTwoPages(t, bed);
  const asked = deltaReads(bed);
  const { items } = await bed.sync();
  t.equal(deltaReads(bed) - asked, 2, 'two pages were kept');
  t.equal(items.filter(({ itemId }) => itemId.startsWith('groups/')).length, 4);
  t.equal((await namesOf(bed)).length, 250);
});

t.test('pages of another directory than the tenant is connected to now don’t count', async (t) => {
  const bed = await createDirectoryBed(t, groups(250));
  await dieAfterTwoPages(t, bed);
  bed.reconnect('another');
  for (let index = 0; index < 200; index++) bed.state().remove('groups', GUID(index));
  await bed.sync();
  t.equal((await namesOf(bed)).length, 50);
  t.same(await recordedNames(bed), await namesOf(bed));
});

t.test('the next run corrects what a run that died had recorded', async (t) => {
  for (const dieAt of [1, 2, 3]) {
    const bed = await createDirectoryBed(t, groups(3));
    await bed.sync();
    const before = await namesOf(bed);
    bed.state().put('groups', newGroup(GUID(7), 'For a moment'));
    bed.state().put('groups', newGroup(GUID(0), 'Renamed for a moment'));
    let produced = 0;
    const onProduce = () => {
      produced += 1;
      if (produced === dieAt) throw new Error('the process died');
    };
    if (dieAt <= 2) {
      await t.rejects(bed.sync({ onProduce }), /the process died/);
      t.same(await namesOf(bed), before, 'handlers find the cache before');
    } else await bed.sync({ onProduce });
    bed.state().remove('groups', GUID(7));
    bed.state().put('groups', newGroup(GUID(0), 'Group 0'));
    // The attempt that takes over has the recorded pages of the attempt before it. A later run reads the result.
    await bed.sync();
    await bed.sync();
    t.same(await namesOf(bed), ['Group 0', 'Group 1', 'Group 2']);
    t.same(await recordedNames(bed), await namesOf(bed), `died at ${dieAt}`);
  }
});

t.test(
  'what a run recorded that ended before it replaced the cache is corrected by the next one',
  async (t) => {
    const bed = await createDirectoryBed(t, groups(2));
    await bed.sync();
    bed.state().put('groups', newGroup(GUID(0), 'Renamed for a moment'));
    let produced = 0;
    const onProduce = () => {
      produced += 1;
      if (produced === 2) throw new Error('the process died');
    };
    await t.rejects(bed.sync({ onProduce, abandoned: true }), /the process died/);
    t.same(await recordedNames(bed), ['Group 1', 'Renamed for a moment']);
    bed.state().put('groups', newGroup(GUID(0), 'Group 0'));
    await bed.sync();
    t.same(await namesOf(bed), ['Group 0', 'Group 1']);
    t.same(await recordedNames(bed), await namesOf(bed));
  },
);

t.test('a cache whose content is gone or can’t be read is read anew', async (t) => {
  for (const lose of ['gone', 'unreadable', 'unreadable link']) {
    const bed = await createDirectoryBed(t, groups(3));
    await bed.sync();
    bed.state().remove('groups', GUID(1));
    const { group } = (await directoryOf(bed)).sections;
    const part = group?.newParts[0] ?? '';
    if (lose === 'gone') bed.artifacts.stored.delete(part);
    else bed.artifacts.unreadable.add(lose === 'unreadable' ? part : (group?.link?.artifact ?? ''));
    await bed.sync();
    t.same(await namesOf(bed), ['Group 0', 'Group 2'], lose);
    t.same(await recordedNames(bed), ['Group 0', 'Group 2'], lose);
  }
});

t.test('events hold sanitized names; the exact ones are in artifacts', async (t) => {
  const bed = await createDirectoryBed(t, [newGroup(GUID(0), 'Team of ann@contoso.example')]);
  await bed.sync();
  t.same(await namesOf(bed), ['Team of ann@contoso.example']);
  t.notMatch(await recordedNames(bed), ['Team of ann@contoso.example']);
  t.notMatch(JSON.stringify(bed.log.events), 'ann@contoso.example');
  const last = await bed.ledger.last(`directory-${DIRECTORY_TENANT}`);
  t.ok(last && isEvent(last, DirectorySynced));
  t.notMatch(JSON.stringify(bed.log.events), 'deltatoken');
});
