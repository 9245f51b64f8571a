import t from 'tap';
import { directoryEntity } from '../../../src/entities/directory/directory.js';
import type { ProductDraft } from '../../../src/program/product-events.js';
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
  const told = (from: number, removed: readonly string[] = []): ProductDraft => ({
    type: 'DirectoryObjectsObserved',
    data: { kind: 'group', present: present.slice(from, from + 100), removed: [...removed] },
  });
  const synced = { type: 'DirectorySynced', data: EVENT_SAMPLES.DirectorySynced } as const;
  await site.builder.append(stream, [told(0), told(100, ['g7']), synced], { tenantId });
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
