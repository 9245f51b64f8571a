import t from 'tap';
import { memberStream } from '../../src/tenancy/member-events.js';
import { hubSite } from '../support/hub-site.js';
import { pageVisitor } from './page-visitor.js';

const PAGE = '/me';

t.test('a person’s time zone applies in all tenants', async (t) => {
  const site = await hubSite(t);
  const { persons, tenantId } = await site.tenant('contoso', 'Contoso');
  const fabrikam = await site.tenant('fabrikam', 'Fabrikam');
  await site.addMember(fabrikam.tenantId, persons.readonly, 'readonly');
  await site.builder.append(
    memberStream(tenantId, persons.readonly),
    [{ type: 'SettingsChanged', data: { timeZone: 'Asia/Tokyo' } }],
    { tenantId },
  );
  await site.settle();
  const reader = await pageVisitor(site, persons.readonly);
  t.match((await reader.get(PAGE)).body, 'As the installation (Europe/Berlin)');
  t.match(
    (await reader.get('/t/contoso/operations')).body,
    'Time zone Asia/Tokyo',
    'what was once set for one tenant holds there',
  );
  t.match((await reader.get('/t/fabrikam/operations')).body, 'Time zone Europe/Berlin');

  const saved = await reader.post(PAGE, {
    timeZone: 'Asia/Kathmandu',
    singleKeys: 'yes',
    back: '/t/contoso',
  });
  t.equal(saved.statusCode, 303, saved.body);
  t.match(site.builder.log.events.at(-1), {
    stream: `person-${persons.readonly}`,
    type: 'PersonSettingsChanged',
    data: { timeZone: 'Asia/Kathmandu', singleKeys: true },
    metadata: { actorKind: 'member', actorId: persons.readonly },
  });
  const page = (await reader.get(String(saved.headers.location))).body;
  t.match(page, '<option selected>Asia/Kathmandu</option>', 'it is there at once');
  t.match(page, 'href="/t/contoso">Back', 'with the way back');
  for (const tenant of ['contoso', 'fabrikam'])
    t.match((await reader.get(`/t/${tenant}/operations`)).body, 'Time zone Asia/Kathmandu', tenant);
  const owner = await pageVisitor(site, persons.owner);
  t.match(
    (await owner.get('/t/contoso/operations')).body,
    'Time zone Europe/Berlin',
    'other people keep their time zone',
  );

  await reader.post(`${PAGE}/keys`, { singleKeys: 'no' });
  t.match((await reader.get('/t/contoso/operations')).body, 'data-keys="off"', 'single keys alone');
  t.match((await reader.get('/t/contoso/operations')).body, 'Time zone Asia/Kathmandu', 'keep the zone');
});

t.test('only zones of the list are accepted, and the form keeps its values', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso', 'Contoso');
  const support = await pageVisitor(site, persons.support);
  for (const timeZone of ['Mars/Olympus', '+05:45']) {
    const answer = await support.post(PAGE, { timeZone, back: '/t/contoso/failures' });
    t.equal(answer.statusCode, 400);
    t.match(answer.body, /aria-invalid="true" aria-describedby="error-timeZone" autofocus/);
    t.match(answer.body, 'Choose a time zone of the list.');
    t.notMatch(answer.body, / checked/, 'the box that was not ticked');
    t.match(answer.body, 'href="/t/contoso/failures">Back');
  }
  const elsewhere = await support.post(PAGE, { timeZone: '', back: 'https://evil.example/' });
  t.notMatch(elsewhere.headers.location, 'evil');
  t.equal(site.builder.log.events.at(-1)?.stream, `person-${persons.support}`, 'and one is recorded');
});
