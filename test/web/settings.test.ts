import t from 'tap';
import { hubSite } from '../support/hub-site.js';
import { pageVisitor } from './page-visitor.js';

const PAGE = '/t/contoso/settings';

t.test('a person chooses the zone of their own times in a tenant', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso', 'Contoso');
  const reader = await pageVisitor(site, persons.readonly);
  t.match((await reader.get(PAGE)).body, 'As the installation (Europe/Berlin)');

  const saved = await reader.post(PAGE, { timeZone: 'Asia/Tokyo' });
  t.equal(saved.statusCode, 303, saved.body);
  t.match(site.builder.log.events.at(-1), {
    type: 'SettingsChanged',
    data: { timeZone: 'Asia/Tokyo' },
    metadata: { actorKind: 'member', actorId: persons.readonly },
  });
  const page = (await reader.get(PAGE)).body;
  t.match(page, '<option selected>Asia/Tokyo</option>', 'it is there at once');
  t.match(page, 'in Asia/Tokyo.', 'and times are told in it');
  t.match((await reader.get('/t/contoso/operations')).body, 'Time zone Asia/Tokyo', 'on every page');
  const owner = await pageVisitor(site, persons.owner);
  t.match((await owner.get('/t/contoso/operations')).body, 'Time zone Europe/Berlin', 'nobody else’s');

  await reader.post(PAGE, { timeZone: '' });
  t.match((await reader.get(PAGE)).body, 'in Europe/Berlin.', 'and back to the installation’s');
});

t.test('only zones of the list are taken, and only from those who have settings', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso', 'Contoso');
  const reader = await pageVisitor(site, persons.readonly);
  const before = site.head();
  for (const fields of [{ timeZone: 'Mars/Olympus' }, { timeZone: 'europe/berlin' }, {}])
    t.equal((await reader.post(PAGE, fields)).statusCode, 400);
  t.equal(site.head(), before, 'nothing is recorded');
  const support = await pageVisitor(site, persons.support);
  t.equal((await support.post(PAGE, { timeZone: 'UTC' })).statusCode, 403);
  t.notMatch((await support.get('/t/contoso/failures')).body, '/settings', 'nor are they led there');
});
