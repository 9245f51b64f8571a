import t from 'tap';
import { directoryEntity } from '../../../src/entities/directory/directory.js';
import type { ProductDraft } from '../../../src/program/product-events.js';
import { wholeSite } from '../../browser/whole-site.js';
import { EVENT_SAMPLES } from '../../support/event-samples.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

t.setTimeout(240_000);

t.test('groups are listed, searched and paged, with the age of the cache', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso', 'Contoso');
  const visitor = await pageVisitor(site, persons.operator);
  const empty = await visitor.get('/t/contoso/groups');
  t.match(empty.body, 'Never read. Sync now reads them.');

  const [sample] = EVENT_SAMPLES.DirectoryObjectsObserved.present;
  const present = Array.from({ length: 130 }, (_, index) => ({
    ...(sample as NonNullable<typeof sample>),
    id: `G${index}`,
    name: `Group ${String(index).padStart(3, '0')}`,
  }));
  const stream = directoryEntity.stream(tenantId);
  const observed = (from: number, removed: readonly string[] = []): ProductDraft => ({
    type: 'DirectoryObjectsObserved',
    data: { kind: 'group', present: present.slice(from, from + 100), removed: [...removed] },
  });
  const synced = { type: 'DirectorySynced', data: EVENT_SAMPLES.DirectorySynced } as const;
  await site.builder.append(stream, [observed(0), observed(100, ['g7']), synced], { tenantId });
  await site.settle();

  const first = await visitor.get('/t/contoso/groups');
  t.match(first.body, 'Group 000');
  t.match(first.body, 'security, dynamic');
  t.notMatch(first.body, 'Group 007', 'a removed group is gone, whatever the case of its id');
  t.notMatch(first.body, 'Group 129');
  const next = /rel="next" href="([^"]+)"/.exec(first.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const second = await visitor.get(`/t/contoso/${next}`);
  t.match(second.body, 'Group 129');
  t.notMatch(second.body, 'Group 000');
  const found = await visitor.get('/t/contoso/groups?q=GROUP+12');
  t.match(found.body, 'Group 120');
  t.notMatch(found.body, 'Group 000');
  t.match((await visitor.get('/t/contoso/groups?q=50%25')).body, 'Nothing matches.');
  const reader = await pageVisitor(site, persons.readonly);
  t.match((await reader.get('/t/contoso/groups')).body, 'Your role here is readonly');
});

t.test('every page that shows names from the cache says how old it is', async (t) => {
  const { site, contoso, pages } = await wholeSite(t);
  const { tenantId, persons } = contoso.tenant;
  const { group } = EVENT_SAMPLES.DirectorySynced.sections;
  if (!group) throw new Error('the sample has groups');
  const readAt = { groups: '2026-01-04T08:00:00.000Z', filters: '2026-01-03T08:00:00.000Z' };
  const synced = (groups: string, filters: string): ProductDraft => ({
    type: 'DirectorySynced',
    data: {
      sections: {
        group: { ...group, readAt: groups },
        assignment_filter: { ...group, link: null, readAt: filters },
        scope_tag: null,
      },
    },
  });
  const stream = directoryEntity.stream(tenantId);
  await site.builder.append(stream, [synced(readAt.groups, readAt.filters)], { tenantId });
  await site.settle();
  const visitor = await pageVisitor(site, persons.operator);
  const { policy, versions, finding, preview, plan, mapping, map } = pages;
  const search = `${pages.policies}?group=Laptops`;
  for (const path of [policy, versions, search, finding, preview, plan, mapping, map]) {
    const { statusCode, body } = await visitor.get(path);
    t.equal(statusCode, 200, path);
    t.match(body, `datetime="${readAt.groups}"`, `${path}: the age of the groups`);
    t.match(body, `datetime="${readAt.filters}"`, `${path}: the age of the filters`);
    t.notMatch(body, 'The names on this page are older');
  }
  t.match((await visitor.get(pages.groups)).body, `datetime="${readAt.groups}"`);
  const filters = await visitor.get(`${pages.groups}?kind=assignment_filter`);
  t.match(filters.body, `datetime="${readAt.filters}"`);
  const later = '2030-01-01T00:00:00.000Z';
  await site.builder.append(stream, [synced(later, later)], { tenantId });
  await site.settle();
  for (const path of [finding, preview, plan])
    t.match((await visitor.get(path)).body, 'The names on this page are older', path);
  t.notMatch((await visitor.get(policy)).body, 'The names on this page are older');
});
