import t from 'tap';
import type { ObservedObject } from '../../../src/entities/directory/directory.js';
import { directoryEntity } from '../../../src/entities/directory/directory.js';
import { setMapping } from '../../../src/entities/mapping/mapping.js';
import { readMapping } from '../../../src/entities/mapping/read-mapping.js';
import { EVENT_SAMPLES } from '../../support/event-samples.js';
import { hubSite } from '../../support/hub-site.js';
import { plannedWith, writePreview } from '../../support/preview-builder.js';
import { pageVisitor } from '../page-visitor.js';

t.setTimeout(240_000);

const hash = (digit: string) => digit.repeat(64);
const mainOf = (html: string) =>
  html
    .slice(html.indexOf('<main'), html.indexOf('</main>'))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

const observed = (id: string, name: string, nameHash: string, dynamic = false): ObservedObject => ({
  id,
  name,
  nameHash,
  dynamic,
  type: 'security',
  onPremises: false,
});
const reference = (
  kind: string,
  id: string,
  name: string,
  nameHash: string,
  resolution: 'missing' | 'same',
) => ({
  kind,
  id,
  name,
  nameHash,
  resolution,
  becomes: resolution === 'same' ? id : null,
});

t.test('references of policies are mapped on a page, and saved for the next preview', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso', 'Contoso');
  const other = await site.tenant('fabrikam', 'Fabrikam');
  const references = [
    reference('group', 'g-1', 'SEC-Laptops', hash('a'), 'missing'),
    reference('group', 'g-2', 'SEC-Kiosk', hash('b'), 'missing'),
    reference('scope_tag', '3', 'Berlin', hash('c'), 'missing'),
    reference('group', 'g-9', 'All managers', hash('d'), 'same'),
  ];
  const preview = await writePreview(site, tenantId, [
    plannedWith({ itemId: '1'.repeat(32), name: 'One', references }),
    plannedWith({ itemId: '2'.repeat(32), name: 'Two', references: references.slice(0, 1) }),
  ]);
  const foreign = await writePreview(site, other.tenantId);
  const reader = await pageVisitor(site, persons.readonly);
  const operator = await pageVisitor(site, persons.operator);
  const address = `/t/contoso/restores/${preview}/mapping`;
  await site.settle();
  t.match(mainOf((await reader.get(address)).body), 'Groups never read. Filters never read');

  const stream = directoryEntity.stream(tenantId);
  await site.builder.append(
    stream,
    [
      {
        type: 'DirectoryObjectsObserved',
        data: {
          kind: 'group',
          present: [
            observed('g-3', 'SEC-Laptops', hash('a')),
            observed('g-4', 'sec-kiosk ', hash('e')),
            observed('g-5', 'SEC-Kiosk', hash('b'), true),
            observed('g-6', 'Unlike', hash('f')),
          ],
          removed: [],
        },
      },
      {
        type: 'DirectoryObjectsObserved',
        data: { kind: 'scope_tag', present: [observed('3', 'Paris', hash('1'))], removed: [] },
      },
      { type: 'DirectorySynced', data: EVENT_SAMPLES.DirectorySynced },
    ],
    { tenantId },
  );
  await site.settle();

  await t.test('exact matches are used, and others are offered with their difference', async (t) => {
    const { body } = await reader.get(address);
    const text = mainOf(body);
    t.match(text, /SEC-Laptops group, 2 policies g-1 .* by itself: SEC-Laptops \(g-3\)/);
    t.match(text, 'sec-kiosk (g-4): other spaces, other letter case');
    t.match(text, 'SEC-Kiosk (g-5): a rule decides about its members');
    t.match(text, 'Paris (3): same id, another name now');
    t.notMatch(text, 'Unlike');
    t.notMatch(text, 'All managers', 'what is there as it was needs no look');
    t.match(mainOf((await reader.get(`${address}?all=yes`)).body), 'All managers');
    t.match(text, /Groups read .* ago|Groups read/, 'the age of the lists');
    t.match(text, 'Your role here is readonly; an operator can do this.');
  });

  await t.test('choices are saved by form and by command, shown, and removed', async (t) => {
    const rows = { kind: ['group', 'scope_tag'], id: ['g-2', '3'], name: ['SEC-Kiosk', 'Berlin'] };
    const sent = await operator.post(address, { ...rows, to: ['g-4', '3'], other: ['', ''] });
    t.equal(sent.statusCode, 303, sent.body);
    const pair = { sourceTenantId: tenantId, targetTenantId: tenantId };
    const kept = await readMapping(site.builder.ledger, pair);
    t.same(
      [...kept.choices.values()].map(({ id, becomes }) => [id, becomes]),
      [
        ['g-2', { id: 'g-4', name: 'sec-kiosk ' }],
        ['3', { id: '3', name: 'Paris' }],
      ],
      'with the present names of what was chosen',
    );
    const text = mainOf((await reader.get(address)).body);
    t.match(text, 'chosen: sec-kiosk (g-4)');
    t.match(text, 'chosen: Paris (3)');
    const untouched = await operator.post(address, { ...rows, to: ['kept', 'kept'], other: ['', ''] });
    t.equal(untouched.statusCode, 303);
    t.equal((await readMapping(site.builder.ledger, pair)).revision, kept.revision, 'nothing is recorded');
    const unnamed = await operator.post(address, { ...rows, to: ['kept', 'kept'], other: ['', '77'] });
    t.equal(unnamed.statusCode, 409);
    t.match(mainOf(unnamed.body), 'whose present name is known');
    await operator.post(address, { ...rows, to: ['', ''], other: ['', ''] });
    t.equal((await readMapping(site.builder.ledger, pair)).choices.size, 0);
  });

  await t.test('the saved map shows who chose what, and which objects no longer exist', async (t) => {
    const map = '/t/contoso/restores/map';
    t.match(mainOf((await reader.get(map)).body), 'Nothing is chosen.');
    const rows = { kind: ['group', 'group'], id: ['g-2', 'G-1'], name: ['SEC-Kiosk', 'SEC-Laptops'] };
    await operator.post(address, { ...rows, to: ['g-4', 'g-6'], other: ['', ''] });
    await site.builder.append(
      stream,
      [
        {
          type: 'DirectoryObjectsObserved',
          data: { kind: 'group', present: [observed('g-4', 'SEC-Kiosks', hash('e'))], removed: ['g-6'] },
        },
        { type: 'DirectorySynced', data: EVENT_SAMPLES.DirectorySynced },
      ],
      { tenantId },
    );
    await site.settle();
    const text = mainOf((await reader.get(map)).body);
    t.match(text, '2 choices');
    t.match(text, /SEC-Kiosk group g-2 .*sec-kiosk g-4 .*It is called “SEC-Kiosks” now\./);
    t.match(text, /SEC-Laptops group G-1 .*Unlike g-6 .*It isn’t in the lists that were read last\./);
    t.match(text, /Group list read/, 'with the age of the lists');
    t.match(text, 'Your role here is readonly; an operator can do this.');
    const unread = {
      kind: 'catalog_policy' as const,
      id: 'p-1',
      name: 'Kiosk',
      becomes: { id: 'p-2', name: 'Kiosk' },
    };
    const setTo = (becomes: typeof unread.becomes | null) =>
      setMapping.carryOut(
        site.builder.ledger,
        { sourceTenantId: tenantId, changes: [{ ...unread, becomes }] },
        { tenantId, actor: { kind: 'member', id: persons.operator }, correlationId: 'c', now: 0 },
      );
    await setTo(unread.becomes);
    await site.settle();
    t.match(mainOf((await reader.get(map)).body), /Kiosk p-2 .*The list of its kind was never read/);
    await setTo(null);
    const choice = { source: tenantId, kind: 'group', id: 'g-1' };
    t.equal((await reader.post(map, { ...choice, becomes: 'g-3' })).statusCode, 403);
    t.equal((await operator.post(map, choice)).statusCode, 400, 'neither an id nor taken back');
    t.equal((await operator.post(map, { ...choice, becomes: 'g-3' })).statusCode, 303);
    const pair = { sourceTenantId: tenantId, targetTenantId: tenantId };
    const changed = await readMapping(site.builder.ledger, pair);
    t.same(changed.choices.get('group g-1'), {
      kind: 'group',
      id: 'G-1',
      name: 'SEC-Laptops',
      becomes: { id: 'g-3', name: 'SEC-Laptops' },
    });
    for (const id of ['g-1', 'g-2'])
      t.equal((await operator.post(map, { ...choice, id, takeBack: 'yes' })).statusCode, 303);
    t.equal((await readMapping(site.builder.ledger, pair)).choices.size, 0);
    t.equal((await operator.post(map, { ...choice, takeBack: 'yes' })).statusCode, 409, 'gone meanwhile');
    t.equal((await operator.get(`${map}?source=fabrikam`)).statusCode, 404, 'no map of that tenant here');
  });

  await t.test('other tenants and roles without the right are refused', async (t) => {
    const rows = { kind: ['group'], id: ['g-2'], name: [''], to: ['g-4'], other: [''] };
    t.equal((await reader.post(address, rows)).statusCode, 403, 'a readonly member maps nothing');
    t.equal((await operator.get(`/t/contoso/restores/${foreign}/mapping`)).statusCode, 403);
    t.equal((await operator.post(`/t/contoso/restores/${foreign}/mapping`, rows)).statusCode, 403);
    t.equal((await operator.get(`/t/contoso/restores/${'0'.repeat(32)}-7/mapping`)).statusCode, 404);
  });
});
